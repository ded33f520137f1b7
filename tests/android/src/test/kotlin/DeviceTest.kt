package nl.kidskonnect.groep.site

import android.app.Activity
import android.app.Application
import android.content.ActivityNotFoundException
import android.content.Intent
import android.content.RestrictionsManager
import android.content.pm.ActivityInfo
import android.content.pm.ResolveInfo
import android.net.Uri
import android.os.Bundle
import com.fasterxml.jackson.databind.ObjectMapper
import java.io.InputStream
import java.io.OutputStream
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
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf

/** The tablet's own Rust, which reaches Android through JNI (`plugins/device/src/android`). */
object Device {
  @JvmStatic external fun managed(application: Application): String
  @JvmStatic external fun roots(application: Application): Array<Any>?
  @JvmStatic external fun report(application: Application, lines: String): String
  @JvmStatic external fun tab(activity: Activity, address: String, custom: Boolean, private: Boolean): String
  @JvmStatic external fun locked(activity: Activity): Boolean
}

/**
 * What the tablet knows and does, through JNI.
 *
 * Real: the Rust files, `Bundle`, `Intent`, the class of the restrictions. Shadows answer for what the device manager set
 * and for lock task; a store of the test's own stands for `AndroidCAStore`, which is no part of a JVM.
 */
class DeviceTest : Tablet() {
  private val application get() = RuntimeEnvironment.getApplication()

  private fun isGiven(bundle: Bundle) =
    shadowOf(application.getSystemService(RestrictionsManager::class.java)).setApplicationRestrictions(bundle)

  @Test
  fun `a device that nobody manages has no configuration`() {
    assertEquals("{}", Device.managed(application))
  }

  @Test
  fun `what the device manager gives is read with its types, however deep`() {
    isGiven(Bundle().apply {
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
    })
    val json = ObjectMapper()
    assertEquals(
      json.readTree(
        """{"allow_camera":false,"deep":[{"x":"ë\n\""}],"empty":"","half":0.5,"idle_lock_minutes":15,""" +
          """"list":["a","b"],"nothing":null,"odd":null,"small":3,"tenant":"zonnetje"}"""
      ),
      json.readTree(Device.managed(application))
    )
  }

  @Test
  fun `a configuration without end is read as far as anyone configures`() {
    var bundle = Bundle()
    repeat(100) { bundle = Bundle().apply { putBundle("x", bundle) } }
    isGiven(bundle)
    val read = Device.managed(application)
    assertTrue(read, read.endsWith("null" + "}".repeat(read.count { it == '{' })))
    assertTrue(read.count { it == '{' } in 5..20)
  }

  /** Holds what the JVM trusts. */
  class Store : KeyStoreSpi() {
    override fun engineAliases(): Enumeration<String> = Collections.enumeration(listOf("none") + trusted.indices.map { "$it" })
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
    assertTrue("more than one frame of references holds", trusted.size > 64)
    assertEquals(trusted.size, read.size)
    trusted.zip(read).forEach { (certificate, bytes) -> assertArrayEquals(certificate.encoded, bytes) }
  }

  @Test
  fun `a device without such a store says so and nothing is left pending`() {
    assertNull(Device.roots(application))
    assertEquals("{}", Device.managed(application))
  }

  private fun started(): Intent = shadowOf(activity).nextStartedActivity

  @Test
  fun `a browser is started by an intent that only browsers answer`() {
    assertEquals("", Device.tab(activity, AUTHORIZE, custom = false, private = false))
    started().let {
      assertEquals(Intent.ACTION_VIEW, it.action)
      assertEquals(AUTHORIZE, it.dataString)
      assertEquals(setOf(Intent.CATEGORY_BROWSABLE), it.categories)
      assertNull(it.extras)
    }
  }

  private fun answers(intent: Intent, name: String) {
    val info = ResolveInfo().apply { activityInfo = ActivityInfo().apply { packageName = name; this.name = "A" } }
    shadowOf(application.packageManager).addResolveInfoForIntent(intent, info)
  }

  @Test
  fun `the browser that somebody chose is started, and no other app that claims the address`() {
    val any = Intent(Intent.ACTION_VIEW, Uri.fromParts("https", "", null)).addCategory(Intent.CATEGORY_BROWSABLE)
    answers(any, "org.chosen.browser")
    for (custom in listOf(true, false)) {
      assertEquals("", Device.tab(activity, AUTHORIZE, custom = custom, private = false))
      assertEquals("org.chosen.browser", started().`package`)
    }
  }

  @Test
  fun `where nobody chose a browser the system asks which`() {
    val any = Intent(Intent.ACTION_VIEW, Uri.fromParts("https", "", null)).addCategory(Intent.CATEGORY_BROWSABLE)
    answers(any, "android")
    assertEquals("", Device.tab(activity, AUTHORIZE, custom = true, private = false))
    assertNull(started().`package`)
  }

  @Test
  fun `a Custom Tab carries a session of nobody's and is private where that is asked`() {
    for (private in listOf(true, false)) {
      assertEquals("", Device.tab(activity, AUTHORIZE, custom = true, private = private))
      val extras = started().extras!!
      assertTrue(extras.containsKey("android.support.customtabs.extra.SESSION"))
      assertNull(extras.getBinder("android.support.customtabs.extra.SESSION"))
      assertEquals(private, extras.getBoolean("androidx.browser.customtabs.extra.ENABLE_EPHEMERAL_BROWSING"))
      assertEquals(1, extras.getInt("android.support.customtabs.extra.TITLE_VISIBILITY"))
      assertEquals(2, extras.getInt("androidx.browser.customtabs.extra.SHARE_STATE"))
    }
  }

  @Test
  fun `a tablet without a browser, and one that forbids it, say so`() {
    shadowOf(application).checkActivities(true)
    val missing = ActivityNotFoundException::class.java.name
    assertEquals("System(\"$missing\")", Device.tab(activity, AUTHORIZE, custom = true, private = true))
    val forbids = object : Activity() {
      override fun getPackageManager() = RuntimeEnvironment.getApplication().packageManager

      override fun startActivity(intent: Intent) = throw SecurityException("no")
    }
    assertEquals("NotPermitted", Device.tab(forbids, AUTHORIZE, custom = false, private = false))
  }

  @Test
  fun `lock task is seen`() {
    assertFalse(Device.locked(activity))
    val activities = application.getSystemService(android.app.ActivityManager::class.java)
    shadowOf(activities).setLockTaskModeState(android.app.ActivityManager.LOCK_TASK_MODE_LOCKED)
    assertTrue(Device.locked(activity))
  }

  private companion object {
    val trusted: List<Certificate> by lazy {
      val factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm())
      factory.init(null as KeyStore?)
      factory.trustManagers.filterIsInstance<X509TrustManager>().flatMap { it.acceptedIssuers.toList() }
    }
  }
}
