package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.ActivityManager
import android.app.Application
import android.app.admin.DevicePolicyManager
import android.content.ActivityNotFoundException
import android.content.ComponentName
import android.content.Intent
import android.content.RestrictionsManager
import android.content.pm.ActivityInfo
import android.content.pm.PackageInfo
import android.content.pm.ResolveInfo
import android.net.Uri
import android.os.Bundle
import android.provider.Settings
import android.view.WindowManager
import com.fasterxml.jackson.databind.ObjectMapper
import java.io.IOException
import java.io.InputStream
import java.io.OutputStream
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.Proxy
import java.net.ProxySelector
import java.net.ServerSocket
import java.net.SocketAddress
import java.net.URI
import java.security.Key
import java.security.KeyStore
import java.security.KeyStoreSpi
import java.security.Provider
import java.security.Security
import java.security.cert.Certificate
import java.util.Collections
import java.util.Date
import java.util.Enumeration
import javax.net.ssl.TrustManagerFactory
import javax.net.ssl.X509TrustManager
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowWebView

/** The device plugin's Android code in Rust (`plugins/device/src/android`), which calls the framework through JNI. */
object Device {
    @JvmStatic external fun managedConfig(application: Application): String

    @JvmStatic external fun roots(application: Application): Array<Any>?

    @JvmStatic external fun report(application: Application, lines: String): String

    @JvmStatic external fun startBrowser(activity: Activity, url: String, customTab: Boolean, private: Boolean): String

    /** Begins a piece of background work. Returns the error, or an empty text. */
    @JvmStatic external fun beginWork(application: Application): String

    /** Ends the newest piece of background work. */
    @JvmStatic external fun endWork()

    @JvmStatic external fun isLockTaskOn(activity: Activity): Boolean

    /** Starts lock task, or ends the app's own. Returns the error, or an empty text. */
    @JvmStatic external fun setKiosk(activity: Activity, on: Boolean): String

    /** Sets or clears a flag of the app's windows. Returns the error, or an empty text. */
    @JvmStatic external fun setWindowFlag(activity: Activity, flag: Int, on: Boolean): String

    @JvmStatic external fun webViewVersion(): String?

    @JvmStatic external fun proxy(application: Application, url: String): String?
}

/**
 * Managed configuration, root certificates, the browser and lock task, as the device plugin reads and starts them
 * through JNI.
 *
 * Real: the plugin's Rust, `Bundle`, `Intent`, `RestrictionsManager`. Robolectric's shadows supply the restrictions and
 * lock task mode. [Store] replaces `AndroidCAStore`, because a JVM has none.
 */
class DeviceTest : SiteFixture() {
    private val application get() = RuntimeEnvironment.getApplication()

    private fun setRestrictions(bundle: Bundle) =
        shadowOf(application.getSystemService(RestrictionsManager::class.java)).setApplicationRestrictions(bundle)

    @Test
    fun `a device without an MDM has an empty configuration`() {
        assertEquals("{}", Device.managedConfig(application))
    }

    @Test
    fun `the managed configuration is read with its types, nested values too`() {
        setRestrictions(
            Bundle().apply {
                putString("tenant", "zonnetje")
                putBoolean("allow_camera", false)
                putInt("idle_lock_minutes", 15)
                putString("empty", "")
                putString("nothing", null)
                putDouble("half", 0.5)
                putStringArray("list", arrayOf("a", "b"))
                putParcelableArray("deep", arrayOf(Bundle().apply { putString("x", "ë\n\"") }))
                putByte("small", 3)
                putChar("odd", 'c')
            }
        )
        val json = ObjectMapper()
        assertEquals(
            json.readTree(
                """{"allow_camera":false,"deep":[{"x":"ë\n\""}],"empty":"","half":0.5,"idle_lock_minutes":15,""" +
                    """"list":["a","b"],"nothing":null,"odd":null,"small":3,"tenant":"zonnetje"}"""
            ),
            json.readTree(Device.managedConfig(application))
        )
    }

    @Test
    fun `a configuration nested without end is read down to a limit`() {
        var bundle = Bundle()
        repeat(100) { bundle = Bundle().apply { putBundle("x", bundle) } }
        setRestrictions(bundle)
        val read = Device.managedConfig(application)
        assertTrue(read, read.endsWith("null" + "}".repeat(read.count { it == '{' })))
        assertTrue(read.count { it == '{' } in 5..20)
    }

    /** A key store with the certificates that the JVM trusts. */
    class Store : KeyStoreSpi() {
        override fun engineAliases(): Enumeration<String> = Collections.enumeration(
            listOf("none") + trusted.indices.map {
                "$it"
            }
        )
        override fun engineGetCertificate(alias: String): Certificate? = alias.toIntOrNull()?.let { trusted[it] }
        override fun engineLoad(stream: InputStream?, password: CharArray?) = Unit
        override fun engineLoad(param: KeyStore.LoadStoreParameter?) = Unit
        override fun engineGetKey(alias: String, password: CharArray?): Key? = null
        override fun engineGetCertificateChain(alias: String): Array<Certificate>? = null
        override fun engineGetCreationDate(alias: String): Date? = null
        override fun engineSetKeyEntry(alias: String, key: Key, password: CharArray?, chain: Array<Certificate>?) = Unit
        override fun engineSetKeyEntry(alias: String, key: ByteArray, chain: Array<Certificate>?) = Unit
        override fun engineSetCertificateEntry(alias: String, cert: Certificate?) = Unit
        override fun engineDeleteEntry(alias: String) = Unit
        override fun engineContainsAlias(alias: String) = false
        override fun engineSize() = trusted.size
        override fun engineIsKeyEntry(alias: String) = false
        override fun engineIsCertificateEntry(alias: String) = true
        override fun engineGetCertificateAlias(cert: Certificate): String? = null
        override fun engineStore(stream: OutputStream?, password: CharArray?) = Unit
    }

    @Test
    fun `every certificate that the device trusts is read as it is`() {
        val provider = object : Provider("Device", 1.0, "") {
            init {
                put("KeyStore.AndroidCAStore", Store::class.java.name)
            }
        }
        Security.addProvider(provider)
        val read = try {
            Device.roots(application)!!.map { it as ByteArray }
        } finally {
            Security.removeProvider("Device")
        }
        assertTrue("more than one JNI local frame holds", trusted.size > 64)
        assertEquals(trusted.size, read.size)
        trusted.zip(read).forEach { (certificate, bytes) -> assertArrayEquals(certificate.encoded, bytes) }
    }

    @Test
    fun `a device without the certificate store reports an error and leaves no exception pending`() {
        assertNull(Device.roots(application))
        assertEquals("{}", Device.managedConfig(application))
    }

    private fun started(): Intent = shadowOf(activity).nextStartedActivity

    @Test
    fun `the intent for a browser is one that only browsers handle`() {
        assertEquals("", Device.startBrowser(activity, AUTHORIZE, customTab = false, private = false))
        started().let {
            assertEquals(Intent.ACTION_VIEW, it.action)
            assertEquals(AUTHORIZE, it.dataString)
            assertEquals(setOf(Intent.CATEGORY_BROWSABLE), it.categories)
            assertNull(it.extras)
        }
    }

    private fun addActivity(intent: Intent, name: String) {
        val info = ResolveInfo().apply {
            activityInfo = ActivityInfo().apply {
                packageName = name
                this.name = "A"
            }
        }
        shadowOf(application.packageManager).addResolveInfoForIntent(intent, info)
    }

    @Test
    fun `the default browser is started, and no other app that claims the URL`() {
        val any = Intent(Intent.ACTION_VIEW, Uri.fromParts("https", "", null)).addCategory(Intent.CATEGORY_BROWSABLE)
        addActivity(any, "org.chosen.browser")
        for (custom in listOf(true, false)) {
            assertEquals("", Device.startBrowser(activity, AUTHORIZE, customTab = custom, private = false))
            assertEquals("org.chosen.browser", started().`package`)
        }
    }

    @Test
    fun `without a default browser the system asks which one`() {
        val any = Intent(Intent.ACTION_VIEW, Uri.fromParts("https", "", null)).addCategory(Intent.CATEGORY_BROWSABLE)
        addActivity(any, "android")
        assertEquals("", Device.startBrowser(activity, AUTHORIZE, customTab = true, private = false))
        assertNull(started().`package`)
    }

    @Test
    fun `a Custom Tab carries a null session and is private if the app asks for that`() {
        for (private in listOf(true, false)) {
            assertEquals("", Device.startBrowser(activity, AUTHORIZE, customTab = true, private = private))
            val extras = started().extras!!
            assertTrue(extras.containsKey("android.support.customtabs.extra.SESSION"))
            assertNull(extras.getBinder("android.support.customtabs.extra.SESSION"))
            assertEquals(private, extras.getBoolean("androidx.browser.customtabs.extra.ENABLE_EPHEMERAL_BROWSING"))
            assertEquals(1, extras.getInt("android.support.customtabs.extra.TITLE_VISIBILITY"))
            assertEquals(2, extras.getInt("androidx.browser.customtabs.extra.SHARE_STATE"))
        }
    }

    @Test
    fun `a missing browser and a forbidden one are different errors`() {
        shadowOf(application).checkActivities(true)
        val missing = ActivityNotFoundException::class.java.name
        assertEquals("System(\"$missing\")", Device.startBrowser(activity, AUTHORIZE, customTab = true, private = true))
        val forbids = object : Activity() {
            override fun getPackageManager() = RuntimeEnvironment.getApplication().packageManager

            override fun startActivity(intent: Intent) = throw SecurityException("no")
        }
        assertEquals("NotPermitted", Device.startBrowser(forbids, AUTHORIZE, customTab = false, private = false))
    }

    @Test
    fun `lock task mode is reported`() {
        assertFalse(Device.isLockTaskOn(activity))
        shadowOf(activities).setLockTaskModeState(ActivityManager.LOCK_TASK_MODE_LOCKED)
        assertTrue(Device.isLockTaskOn(activity))
    }

    private val activities get() = application.getSystemService(ActivityManager::class.java)

    private fun permitLockTask(permitted: Boolean = true) {
        val policy = application.getSystemService(DevicePolicyManager::class.java)
        val admin = ComponentName(application.packageName, "Admin")
        shadowOf(policy).setDeviceOwner(admin)
        policy.setLockTaskPackages(admin, if (permitted) arrayOf(application.packageName) else emptyArray())
    }

    @Test
    fun `a lock task that somebody else started is never ended`() {
        permitLockTask()
        for (state in listOf(ActivityManager.LOCK_TASK_MODE_LOCKED, ActivityManager.LOCK_TASK_MODE_PINNED)) {
            shadowOf(activities).setLockTaskModeState(state)
            for (on in listOf(false, true, false)) {
                assertEquals("", Device.setKiosk(activity, on))
                assertEquals(state, activities.lockTaskModeState)
            }
        }
    }

    @Test
    fun `a lock task that the app started ends, also after the app was started anew`() {
        permitLockTask()
        assertEquals("", Device.setKiosk(activity, true))
        assertEquals(ActivityManager.LOCK_TASK_MODE_LOCKED, activities.lockTaskModeState)
        val later = Robolectric.setupActivity(Activity::class.java)
        assertEquals("", Device.setKiosk(later, true))
        assertEquals("", Device.setKiosk(later, false))
        assertEquals(ActivityManager.LOCK_TASK_MODE_NONE, activities.lockTaskModeState)
        shadowOf(activities).setLockTaskModeState(ActivityManager.LOCK_TASK_MODE_LOCKED)
        assertEquals("", Device.setKiosk(later, false))
        assertEquals("the next one is not ours", ActivityManager.LOCK_TASK_MODE_LOCKED, activities.lockTaskModeState)
    }

    @Test
    fun `a lock task that ended, also together with the permission, is no longer the app's own`() {
        for (state in listOf(ActivityManager.LOCK_TASK_MODE_NONE, ActivityManager.LOCK_TASK_MODE_LOCKED)) {
            permitLockTask()
            shadowOf(activities).setLockTaskModeState(ActivityManager.LOCK_TASK_MODE_NONE)
            assertEquals("", Device.setKiosk(activity, true))
            permitLockTask(false)
            shadowOf(activities).setLockTaskModeState(state)
            assertEquals("NotPermitted", Device.setKiosk(activity, true))
            permitLockTask()
            shadowOf(activities).setLockTaskModeState(ActivityManager.LOCK_TASK_MODE_LOCKED)
            assertEquals("", Device.setKiosk(activity, false))
            assertEquals(ActivityManager.LOCK_TASK_MODE_LOCKED, activities.lockTaskModeState)
        }
    }

    @Test
    fun `the lock task after a restart of the tablet is not the app's own`() {
        permitLockTask()
        Settings.Global.putInt(application.contentResolver, Settings.Global.BOOT_COUNT, 1)
        assertEquals("", Device.setKiosk(activity, true))
        Settings.Global.putInt(application.contentResolver, Settings.Global.BOOT_COUNT, 2)
        assertEquals("", Device.setKiosk(activity, false))
        assertEquals(ActivityManager.LOCK_TASK_MODE_LOCKED, activities.lockTaskModeState)
    }

    @Test
    fun `without the administrator's permission no lock task starts`() {
        assertEquals("NotPermitted", Device.setKiosk(activity, true))
        assertEquals(ActivityManager.LOCK_TASK_MODE_NONE, activities.lockTaskModeState)
    }

    @Test
    fun `a new activity has the flags of the one before from its first frame on`() {
        val secure = WindowManager.LayoutParams.FLAG_SECURE
        val screen = WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON

        fun flags(activity: Activity) = activity.window.attributes.flags and (secure or screen)
        assertEquals("", Device.setWindowFlag(activity, secure, true))
        assertEquals("", Device.setWindowFlag(activity, screen, true))
        assertEquals("", Device.setWindowFlag(activity, screen, false))
        assertEquals(secure, flags(activity))
        assertEquals(secure, flags(Robolectric.buildActivity(Activity::class.java).create().get()))
        assertEquals("", Device.setWindowFlag(activity, secure, false))
        assertEquals(0, flags(Robolectric.buildActivity(Activity::class.java).create().get()))
    }

    @Test
    fun `the version of the web view is known without an activity`() {
        ShadowWebView.setCurrentWebViewPackage(PackageInfo().apply { versionName = "138.0.1" })
        assertEquals("138.0.1", Device.webViewVersion())
        ShadowWebView.setCurrentWebViewPackage(null)
        assertNull(Device.webViewVersion())
    }

    @Test
    fun `a request goes through the proxy that the system names for it`() {
        val system = ProxySelector.getDefault()
        val server = ServerSocket(0, 1, InetAddress.getLoopbackAddress())
        val gone = ServerSocket(0).use { it.localPort }
        fun http(port: Int) = Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved("127.0.0.1", port))
        val alive = "http://127.0.0.1:${server.localPort}/"
        var named: List<Proxy>? = listOf(http(server.localPort))
        ProxySelector.setDefault(
            object : ProxySelector() {
                override fun select(uri: URI): List<Proxy>? =
                    if (uri.host == "id.example") named else throw IllegalArgumentException()

                override fun connectFailed(uri: URI, address: SocketAddress, error: IOException) = Unit
            }
        )
        try {
            assertEquals(alive, Device.proxy(application, AUTHORIZE))
            named = listOf(http(gone), http(server.localPort), Proxy.NO_PROXY)
            assertEquals("in order, and one that connects", alive, Device.proxy(application, AUTHORIZE))
            named = listOf(http(gone))
            assertNull("a direct connection comes last", Device.proxy(application, AUTHORIZE))
            assertNull("an exception is a direct connection", Device.proxy(application, GROUP))
            for (none in listOf(listOf(Proxy.NO_PROXY), emptyList(), null)) {
                named = none
                assertNull(Device.proxy(application, AUTHORIZE))
            }
        } finally {
            server.close()
            ProxySelector.setDefault(system)
        }
    }

    private companion object {
        val trusted: List<Certificate> by lazy {
            val factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm())
            factory.init(null as KeyStore?)
            factory.trustManagers.filterIsInstance<X509TrustManager>().flatMap { it.acceptedIssuers.toList() }
        }
    }
}
