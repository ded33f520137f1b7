package nl.kidskonnect.groep.site

import android.app.Application
import android.app.admin.DevicePolicyManager
import android.content.ComponentName
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.content.ServiceConnection
import android.content.pm.ApplicationInfo
import android.content.pm.PackageInfo
import android.content.pm.PackageManager
import android.os.Bundle
import android.os.DeadObjectException
import android.os.Handler
import android.os.IBinder
import android.os.IMessenger
import android.os.Looper
import android.os.Message
import android.os.Messenger
import android.os.Parcel
import java.io.File
import java.time.Duration
import java.util.Properties
import javax.xml.parsers.DocumentBuilderFactory
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.w3c.dom.Element

private const val ACTION = "androidx.enterprise.feedback.action.APP_STATES"
private const val PLAY = "com.android.vending"
private const val OWNER = "org.example.dpc"

/**
 * The reports that an MDM's app receives.
 *
 * Real: the plugin's Rust and Kotlin, `Messenger`, `Message`, and the parcel in which a `Bundle` goes to another
 * process. Robolectric's shadows supply the device owner, the installed apps, and the results of binding.
 */
class FeedbackTest : SiteFixture() {
    private val application get() = RuntimeEnvironment.getApplication()
    private val system get() = shadowOf(application)
    private val policy get() = shadowOf(application.getSystemService(DevicePolicyManager::class.java))
    private val bound: List<ServiceConnection> get() = system.boundServiceConnections
    private val unbound: List<ServiceConnection> get() = system.unboundServiceConnections

    /** An app that receives keyed app states, and the lists that it received. */
    private inner class Receiver(name: String, flags: Int = 0) {
        val component = ComponentName(name, "$name.States")
        val heard = ArrayList<List<Bundle>>()

        init {
            shadowOf(application.packageManager).run {
                installPackage(
                    PackageInfo().apply {
                        packageName = name
                        applicationInfo = ApplicationInfo().apply {
                            packageName = name
                            this.flags = flags
                        }
                    }
                )
                addServiceIfNotPresent(component)
                addIntentFilterForService(component, IntentFilter(ACTION))
            }
            listens()
        }

        fun listens() = answers(Messenger(Handler(Looper.getMainLooper()) { heard += states(it) }).binder)

        /** Simulates that the process of this receiver is gone. */
        fun fails() = answers(object : IMessenger.Stub() {
            override fun send(message: Message): Unit = throw DeadObjectException()
        })

        private fun answers(binder: IBinder) = system.setComponentNameAndServiceForBindServiceForIntent(
            Intent().setComponent(component),
            component,
            binder
        )

        /** The last received list: key, severity and message of each state. */
        val last: Set<String> get() = heard.last().map(::word).toSet()
    }

    private fun owner() = Receiver(OWNER).also { policy.setDeviceOwner(ComponentName(OWNER, "Admin")) }

    /** Passes a message through a parcel, as on its way to another process. */
    @Suppress("DEPRECATION")
    private fun states(message: Message): List<Bundle> {
        assertEquals(1, message.what)
        val parcel = Parcel.obtain()
        message.writeToParcel(parcel, 0)
        parcel.setDataPosition(0)
        val received = Message.CREATOR.createFromParcel(parcel).obj as Bundle
        assertEquals(setOf("androidx.enterprise.feedback.APP_STATES"), received.keySet())
        return received.getParcelableArrayList("androidx.enterprise.feedback.APP_STATES")!!
    }

    private fun Handler(looper: Looper, take: (Message) -> Unit) = Handler(
        looper,
        Handler.Callback {
            take(it)
            true
        }
    )

    private fun Bundle.key() = getString("androidx.enterprise.feedback.APP_STATE_KEY")!!

    private fun Bundle.message() = getString("androidx.enterprise.feedback.APP_STATE_MESSAGE")!!

    private fun word(state: Bundle) =
        "${state.key()} ${state.getInt("androidx.enterprise.feedback.APP_STATE_SEVERITY")} ${state.message()}"

    /** Reports through the plugin's Rust; one line for each report. */
    private fun reports(vararg lines: String) {
        assertEquals("", Device.report(application, lines.joinToString("\n")))
        idle()
    }

    private fun waits(seconds: Long) = shadowOf(Looper.getMainLooper()).idleFor(Duration.ofSeconds(seconds))

    /** Android does not call `onServiceDisconnected` after `unbindService`, unlike the shadow's default. */
    @Before
    fun unbindingIsSilent() = system.setUnbindServiceCallsOnServiceDisconnected(false)

    /** Lets all bindings time out, because `Feedback` is an object that outlives the test. */
    @After
    fun lastOneIsLetGo() = waits(90)

    @Test
    fun `the device owner receives every state in the protocol's format`() {
        val owner = owner()
        reports("tenant\terror\tE103 Onjuist ë 👶", "no_such_key\tinfo\tE104 Onbekend")
        val (first, second) = owner.heard.single().sortedBy { it.key() }.reversed()
        val prefix = "androidx.enterprise.feedback.APP_STATE_"
        assertEquals(setOf("KEY", "SEVERITY", "MESSAGE").map { prefix + it }.toSet(), first.keySet())
        assertEquals("tenant", first.getString(prefix + "KEY"))
        assertEquals(2, first.getInt(prefix + "SEVERITY"))
        assertEquals("E103 Onjuist ë 👶", first.getString(prefix + "MESSAGE"))
        assertEquals("no_such_key 1 E104 Onbekend", word(second))
        assertEquals(1, bound.size)
    }

    @Test
    fun `the owner of a work profile receives the states too`() {
        val owner = Receiver(OWNER)
        policy.setProfileOwner(ComponentName(OWNER, "Admin"))
        reports("tenant\terror\tE103")
        assertEquals(setOf("tenant 2 E103"), owner.last)
    }

    @Test
    fun `a preinstalled Play Store receives the states`() {
        val play = Receiver(PLAY, ApplicationInfo.FLAG_SYSTEM)
        reports("tenant\terror\tE103")
        assertEquals(setOf("tenant 2 E103"), play.last)
    }

    @Test
    fun `an app installed under the name of the Play Store, and any other app, receive nothing`() {
        val others =
            listOf(
                Receiver(PLAY),
                Receiver("org.example.curious"),
                Receiver("org.example.vendor", ApplicationInfo.FLAG_SYSTEM)
            )
        reports("tenant\terror\tE103")
        assertTrue(others.all { it.heard.isEmpty() } && bound.isEmpty() && unbound.isEmpty())
    }

    @Test
    fun `without an MDM, or with one that receives no states, nothing happens`() {
        reports("tenant\terror\tE103")
        policy.setDeviceOwner(ComponentName(OWNER, "Admin"))
        reports("tenant\terror\tE103")
        assertTrue(bound.isEmpty() && unbound.isEmpty())
    }

    @Test
    fun `every receiver gets the states once`() {
        val receivers = listOf(owner(), Receiver(PLAY, ApplicationInfo.FLAG_SYSTEM))
        shadowOf(application.packageManager).run {
            val second = ComponentName(OWNER, "$OWNER.Unused")
            addServiceIfNotPresent(second)
            addIntentFilterForService(second, IntentFilter(ACTION))
        }
        reports("tenant\terror\tE103")
        assertEquals(listOf(1, 1), receivers.map { it.heard.size })
        assertEquals(2 to 0, bound.size to unbound.size)
    }

    @Test
    fun `texts that a receiver would drop for their length are cut, never within a character`() {
        val owner = owner()
        reports("${"k".repeat(101)}\terror\t${"m".repeat(1_001)}", "${"k".repeat(98)}👶👶\tinfo\t${"m".repeat(999)}👶")
        val states = owner.heard.single().sortedBy { it.key() }
        assertEquals(listOf("k".repeat(100), "k".repeat(98) + "👶"), states.map { it.key() })
        assertEquals(listOf("m".repeat(1_000), "m".repeat(999)), states.map { it.message() })
        reports("${"k".repeat(99)}👶\terror\t${"m".repeat(998)}👶")
        val state = owner.heard.last().first { it.message() != "OK" }
        assertEquals("k".repeat(99), state.key())
        assertEquals("m".repeat(998) + "👶", state.message())
    }

    @Test
    fun `of two reports with one key the more severe one is sent`() {
        val owner = owner()
        for (lines in listOf(listOf("error\tE103", "info\tE104"), listOf("info\tE104", "error\tE103"))) {
            reports(*lines.map { "tenant\t$it" }.toTypedArray())
            assertEquals(listOf("tenant 2 E103"), owner.heard.last().map(::word))
        }
    }

    @Test
    fun `a resolved key is reported as resolved, once`() {
        val owner = owner()
        reports("tenant\terror\tE103", "language\tinfo\tE104")
        reports("language\tinfo\tE104")
        assertEquals(setOf("tenant 1 OK", "language 1 E104"), owner.last)
        reports("language\tinfo\tE104")
        assertEquals(setOf("language 1 E104"), owner.last)
        reports()
        assertEquals(setOf("language 1 OK"), owner.last)
        val before = bound.size + unbound.size
        reports()
        assertEquals(4, owner.heard.size)
        assertEquals("no receiver is bound without need", before, bound.size + unbound.size)
    }

    @Test
    fun `the sent keys are stored for each receiver`() {
        owner()
        reports("tenant\terror\tE103")
        val kept = application.getSharedPreferences("feedback", Context.MODE_PRIVATE).all
        assertEquals(mapOf(OWNER to setOf("tenant")), kept)
    }

    @Test
    fun `only a receiver that got an error is sent that the error is resolved`() {
        val owner = owner()
        reports("tenant\terror\tE103")
        val play = Receiver(PLAY, ApplicationInfo.FLAG_SYSTEM)
        reports()
        assertEquals(setOf("tenant 1 OK"), owner.last)
        assertTrue(play.heard.isEmpty())
    }

    @Test
    fun `a report that could not be sent is sent the next time`() {
        val owner = owner()
        reports("tenant\terror\tE103")
        owner.fails()
        reports()
        assertEquals(1, owner.heard.size)
        owner.listens()
        reports()
        assertEquals(setOf("tenant 1 OK"), owner.last)
    }

    @Test
    fun `a receiver is unbound after half a minute`() {
        owner()
        reports("tenant\terror\tE103")
        waits(29)
        assertEquals(1 to 0, bound.size to unbound.size)
        waits(2)
        assertEquals(0 to 1, bound.size to unbound.size)
    }

    @Test
    fun `a receiver that fails while it is sent states is unbound`() {
        owner().fails()
        reports("tenant\terror\tE103")
        assertEquals(0 to 1, bound.size to unbound.size)
    }

    @Test
    fun `a failed receiver is tried once more after half a minute, unless there is a newer report`() {
        val owner = owner()
        owner.fails()
        reports("tenant\terror\tE103")
        owner.listens()
        waits(31)
        assertEquals(setOf("tenant 2 E103"), owner.last)
        owner.fails()
        reports("tenant\terror\tE104")
        reports("tenant\terror\tE105")
        owner.listens()
        waits(90)
        assertEquals(listOf("tenant 2 E103", "tenant 2 E105"), owner.heard.flatten().map(::word))
        owner.fails()
        reports("tenant\terror\tE106")
        waits(90)
        owner.listens()
        waits(90)
        assertEquals(2, owner.heard.size)
        assertTrue(bound.isEmpty())
    }

    @Test
    fun `a receiver that disconnects, dies or has no binder is unbound at once, and once`() {
        val ends =
            listOf(
                ServiceConnection::onServiceDisconnected,
                ServiceConnection::onBindingDied,
                ServiceConnection::onNullBinding
            )
        val owner = owner()
        for ((already, end) in ends.withIndex()) {
            reports("tenant\terror\tE10$already")
            end(bound.single(), owner.component)
            idle()
            assertEquals(0 to already + 1, bound.size to unbound.size)
            waits(60)
            assertEquals(already + 1, unbound.size)
        }
    }

    @Test
    fun `a receiver that refuses is unbound, and the system's exception for that is harmless`() {
        val owner = owner()
        system.declareComponentUnbindable(owner.component)
        reports("tenant\terror\tE103")
        assertEquals(0 to 1, bound.size to unbound.size)
        system.setUnbindServiceShouldThrowIllegalArgument(true)
        reports("tenant\terror\tE103")
        waits(60)
        assertTrue(owner.heard.isEmpty())
    }

    @Test
    fun `a receiver that this app may not bind to is skipped, and the next report is sent`() {
        val owner = owner()
        system.setThrowInBindService(SecurityException("no"))
        reports("tenant\terror\tE103")
        assertTrue(owner.heard.isEmpty() && bound.isEmpty())
        system.setThrowInBindService(null)
        reports("tenant\terror\tE103")
        assertEquals(setOf("tenant 2 E103"), owner.last)
    }

    @Test
    fun `a newer report replaces one that is not sent yet`() {
        val owner = owner()
        for (code in listOf("E103", "E104")) assertEquals("", Device.report(application, "tenant\terror\t$code"))
        idle()
        assertEquals(listOf("tenant 2 E104"), owner.heard.flatten().map(::word))
        assertEquals(1 to 1, bound.size to unbound.size)
        reports("tenant\terror\tE105")
        assertEquals(setOf("tenant 2 E105"), owner.last)
        assertEquals(1 to 2, bound.size to unbound.size)
    }

    @Test
    fun `a system that does not answer is an error, so that the app repeats the call`() {
        val owner = owner()
        val broken = object : Application() {
            init {
                attachBaseContext(application)
            }

            override fun getPackageManager(): PackageManager = throw IllegalStateException("package manager has died")
        }
        val fault = Device.report(broken, "tenant\terror\tE103")
        assertTrue(fault, "IllegalStateException" in fault)
        reports("tenant\terror\tE103")
        assertEquals(setOf("tenant 2 E103"), owner.last)
    }

    @Test
    fun `the merged manifest makes receivers of states visible to this app`() {
        val properties = Properties().apply {
            load(FeedbackTest::class.java.getResourceAsStream("/com/android/tools/test_config.properties"))
        }
        val manifest = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(
            File(properties.getProperty("android_merged_manifest"))
        )
        val actions = manifest.getElementsByTagName("action").let { all ->
            (0 until all.length).map { all.item(it) as Element }
        }
        val seen = actions.filter {
            it.parentNode.parentNode.nodeName == "queries"
        }.map { it.getAttribute("android:name") }
        assertTrue("$seen", ACTION in seen)
    }
}
