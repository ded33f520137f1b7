package nl.kidskonnect.groep.site

import android.content.Context
import android.content.ContextWrapper
import android.content.SharedPreferences
import java.io.File
import java.security.ProviderException
import java.util.Base64
import javax.crypto.AEADBadTagException
import javax.crypto.Cipher
import javax.crypto.IllegalBlockSizeException
import javax.crypto.KeyGenerator
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotSame
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.util.ReflectionHelpers

/** The app's keystore in Rust (`crates/android-keystore`), which calls the framework through JNI. */
object Keystore {
    init {
        System.load(System.getProperty("native"))
    }

    @JvmStatic external fun save(context: Context, user: String, secret: String): String?

    @JvmStatic external fun load(context: Context, user: String): String?

    @JvmStatic external fun remove(context: Context, user: String): String?
}

/**
 * What the keystore does when the platform below it fails.
 *
 * Real: the Rust, `SharedPreferences` with its map and its file, `KeyGenParameterSpec`, the exceptions. [FakeKeystore]
 * replaces the Android Keystore. A new process is one whose cache of `SharedPreferences` is empty.
 */
@RunWith(RobolectricTestRunner::class)
class KeystoreTest {
    private val context: Context get() = RuntimeEnvironment.getApplication()
    private val folder get() = File(context.dataDir, "shared_prefs")
    private val file get() = File(folder, "$NAME.xml")
    private val key get() = FakeKeystore.keys[NAME]

    @Before fun install() = FakeKeystore.install()

    @After fun uninstall() = FakeKeystore.uninstall()

    private fun save(secret: String, user: String = SESSION, context: Context = this.context) =
        Keystore.save(context, user, secret)

    private fun load(user: String = SESSION, context: Context = this.context) = Keystore.load(context, user)

    private fun remove(user: String = SESSION, context: Context = this.context) = Keystore.remove(context, user)

    private fun startNewProcess() =
        ReflectionHelpers.setStaticField(Class.forName("android.app.ContextImpl"), "sSharedPrefsCache", null)

    private fun entries() = context.getSharedPreferences(NAME, Context.MODE_PRIVATE).all.keys

    /** The real `commit` answers false meanwhile, because the folder of the file is not there. */
    private fun <T> withoutDisk(act: () -> T): T {
        val aside = File(context.dataDir, "aside")
        assertTrue(folder.renameTo(aside) && folder.createNewFile())
        try {
            return act()
        } finally {
            assertTrue(folder.delete() && aside.renameTo(folder))
        }
    }

    private fun assertIs(error: String, actual: String?) = assertTrue("$actual", actual!!.startsWith("$error("))

    private fun assertPassing(actual: String?) = assertIs("PlatformFailure", actual)

    @Test
    fun `a saved secret is read in a later process, and is not in the file`() {
        assertEquals("NoEntry", load())
        assertEquals("", save("token é"))
        assertEquals("", save("state", user = PENDING))
        startNewProcess()
        assertEquals("=token é", load())
        assertEquals("=state", load(PENDING))
        assertFalse(file.readText(), "token" in file.readText())
    }

    @Test
    fun `no array of the JVM keeps the secret`() {
        save("token")
        load()
        assertEquals(4, FakeKeystore.arrays.size)
        FakeKeystore.arrays.forEach { array -> assertTrue(array.isNotEmpty() && array.all { it.toInt() == 0 }) }
    }

    @Test
    fun `a saved secret replaces the one before, and a removed one is gone in a later process`() {
        save("old")
        save("state", user = PENDING)
        assertEquals("", save("new"))
        assertEquals("=new", load())
        assertEquals("", remove())
        startNewProcess()
        assertEquals("NoEntry", load())
        assertEquals("NoEntry", remove())
        assertEquals("=state", load(PENDING))
    }

    @Test
    fun `the key needs no user authentication and no other key is left behind`() {
        save("token")
        val parameters = FakeKeystore.generated.last()
        assertEquals(NAME, parameters.keystoreAlias)
        assertFalse(parameters.isUserAuthenticationRequired)
        assertEquals(256, parameters.keySize)
        assertEquals(setOf(NAME), FakeKeystore.keys.keys)
    }

    /** A key, and a secret under it, as `android-native-keyring-store` leaves them. */
    private fun storeAsTheCrateBefore(secret: String) {
        val real = KeyGenerator.getInstance("AES", "SunJCE").apply { init(128) }.generateKey()
        FakeKeystore.keys[NAME] = FakeKeystore.HeldKey(NAME, real)
        val cipher = Cipher.getInstance("AES/GCM/NoPadding", "SunJCE").apply { init(Cipher.ENCRYPT_MODE, real) }
        val value = byteArrayOf(12) + cipher.iv + cipher.doFinal(secret.toByteArray())
        val edit = context.getSharedPreferences(NAME, Context.MODE_PRIVATE).edit()
        edit.putString("vaultConfig", """{"name":"default","filename":"$NAME","divider":"$DIVIDER"}""")
        edit.putString("$SESSION$DIVIDER$SERVICE", Base64.getEncoder().encodeToString(value))
        assertTrue(edit.commit())
        startNewProcess()
    }

    @Test
    fun `what the crate before wrote is read`() {
        storeAsTheCrateBefore("token")
        assertEquals("=token", load())
        assertEquals(emptyList<Any>(), FakeKeystore.generated)
        assertEquals("", save("new"))
        startNewProcess()
        assertEquals("=new", load())
    }

    @Test
    fun `a keystore that is away at the first call of a process keeps its key`() {
        storeAsTheCrateBefore("token")
        val before = key
        FakeKeystore.beforeAndroid12 = true
        FakeKeystore.fail { it >= 2 }
        assertPassing(load())
        assertSame(before, key)
        FakeKeystore.fail { it >= 2 }
        assertPassing(save("new"))
        assertSame(before, key)
        assertEquals("=token", load())
    }

    @Test
    fun `a keystore that fails for a moment during a decryption says nothing about the secret`() {
        save("token")
        for (passing in listOf(
            IllegalBlockSizeException().apply {
                initCause(FakeKeystore.serviceException(-28, "Invalid operation handle"))
            },
            IllegalBlockSizeException().apply { initCause(FakeKeystore.systemError()) },
            ProviderException("Keystore operation failed"),
            IllegalStateException("no operation")
        )) {
            FakeKeystore.onNextFinal = passing
            assertPassing(load())
            assertEquals("=token", load())
        }
    }

    @Test
    fun `a keystore that fails for a moment during an encryption leaves the secret before`() {
        save("old")
        FakeKeystore.onNextFinal = IllegalBlockSizeException().apply { initCause(FakeKeystore.systemError()) }
        assertPassing(save("new"))
        assertEquals("=old", load())
    }

    @Test
    fun `a tag that does not match means damage, and reading removes nothing`() {
        save("token")
        FakeKeystore.onNextFinal = AEADBadTagException().apply {
            initCause(FakeKeystore.serviceException(-30, "Signature/MAC verification failed"))
        }
        assertIs("BadDataFormat", load())
        assertEquals("=token", load())
    }

    @Test
    fun `a value that was altered is damaged until it is saved again`() {
        save("token")
        val edit = context.getSharedPreferences(NAME, Context.MODE_PRIVATE).edit()
        val altered = ByteArray(40).also { it[0] = 1 }
        edit.putString("$SESSION$DIVIDER$SERVICE", Base64.getEncoder().encodeToString(altered)).commit()
        assertIs("BadDataFormat", load())
        val before = key
        assertEquals("", save("again"))
        assertEquals("=again", load())
        assertSame("the key is sound, so it stays", before, key)
    }

    @Test
    fun `a save that the disk refuses is an error and nobody reads its secret`() {
        save("old")
        withoutDisk {
            assertPassing(save("new"))
            assertEquals("=old", load())
        }
        assertEquals("=old", load())
        startNewProcess()
        assertEquals("=old", load())
    }

    @Test
    fun `a save that the disk refused reaches the disk when it is repeated`() {
        save("old")
        withoutDisk {
            assertPassing(save("new"))
            assertPassing(save("new"))
        }
        assertEquals("", save("new"))
        startNewProcess()
        assertEquals("=new", load())
    }

    @Test
    fun `a first save that the disk refuses leaves no secret`() {
        save("state", user = PENDING)
        withoutDisk {
            assertPassing(save("new"))
            assertEquals("NoEntry", load())
        }
        assertEquals("", save("other", user = PENDING))
        startNewProcess()
        assertEquals("NoEntry", load())
    }

    @Test
    fun `a removal that the disk refuses is an error, and is done when it is repeated`() {
        save("token")
        withoutDisk {
            assertPassing(remove())
            assertEquals("=token", load())
        }
        startNewProcess()
        assertEquals("=token", load())
        withoutDisk { assertPassing(remove()) }
        assertEquals("", remove())
        startNewProcess()
        assertEquals("NoEntry", load())
    }

    /** Answers false to the first commit, whose change stays in the map, and then gives out no more editors. */
    private class Stuck(base: Context) : ContextWrapper(base) {
        private var commits = 0

        override fun getSharedPreferences(name: String, mode: Int): SharedPreferences {
            val real = super.getSharedPreferences(name, mode)
            return object : SharedPreferences by real {
                override fun edit(): SharedPreferences.Editor {
                    check(commits == 0) { "no editor" }
                    val editor = real.edit()
                    return object : SharedPreferences.Editor by editor {
                        override fun putString(key: String, value: String?) = apply { editor.putString(key, value) }

                        override fun remove(key: String) = apply { editor.remove(key) }

                        override fun commit(): Boolean {
                            commits += 1
                            editor.apply()
                            return false
                        }
                    }
                }
            }
        }
    }

    @Test
    fun `a refused change that cannot be undone either is not read as saved`() {
        save("old")
        assertPassing(save("new", context = Stuck(context)))
        assertPassing(load())
        assertEquals("", save("new"))
        assertEquals("=new", load())
        assertPassing(remove(context = Stuck(context)))
        assertPassing(load())
        assertEquals("", remove())
        assertEquals("NoEntry", load())
    }

    @Test
    fun `a keystore that comes and goes between any two calls never has its key replaced`() {
        for (old in listOf(true, false)) {
            save("token")
            val before = key
            FakeKeystore.beforeAndroid12 = old
            for (away in 0 until (1 shl 7)) {
                val reached: (Int) -> Boolean = { it >= 7 || (away shr it) and 1 == 0 }
                FakeKeystore.fail(reached)
                load()
                FakeKeystore.fail(reached)
                val saved = save("token")
                FakeKeystore.recover()
                assertSame("away at the calls ${away.toString(2)}: $saved", before, key)
                assertEquals("=token", load())
            }
        }
    }

    @Test
    fun `a keystore that cannot be asked for the key is a passing fault`() {
        save("token")
        for (old in listOf(true, false)) {
            FakeKeystore.beforeAndroid12 = old
            FakeKeystore.fail { false }
            assertPassing(load())
            assertPassing(save("new"))
            FakeKeystore.recover()
            assertEquals("=token", load())
        }
    }

    @Test
    fun `a first save while the keystore is away creates no key and stores nothing`() {
        FakeKeystore.fail { false }
        FakeKeystore.beforeAndroid12 = true
        assertPassing(save("token"))
        assertEquals(emptySet<String>(), FakeKeystore.keys.keys)
        assertEquals("NoEntry", load())
        FakeKeystore.recover()
        assertEquals("", save("token"))
        assertEquals("=token", load())
    }

    @Test
    fun `a device without the keystore reports a passing fault`() {
        save("token")
        FakeKeystore.uninstall()
        assertPassing(load())
        assertPassing(save("new"))
        assertEquals(setOf("$SESSION$DIVIDER$SERVICE"), entries())
    }

    @Test
    fun `reading a secret whose key is gone is a lasting fault and creates no key`() {
        save("token")
        FakeKeystore.keys.clear()
        for (old in listOf(true, false)) {
            FakeKeystore.beforeAndroid12 = old
            assertIs("BadStoreFormat", load())
        }
        assertEquals(emptySet<String>(), FakeKeystore.keys.keys)
        assertEquals(setOf("$SESSION$DIVIDER$SERVICE"), entries())
    }

    @Test
    fun `saving after the key is gone starts over with a new key`() {
        save("token")
        save("state", user = PENDING)
        FakeKeystore.keys.clear()
        assertEquals("", save("new"))
        startNewProcess()
        assertEquals("=new", load())
        assertIs("BadDataFormat", load(PENDING))
        assertEquals("", save("new state", user = PENDING))
        assertEquals("=new state", load(PENDING))
    }

    @Test
    fun `an invalidated key stays when a secret is read, and is replaced when one is saved`() {
        for (refuse in listOf<FakeKeystore.HeldKey.() -> Unit>({ invalidated = true }, { unrecoverable = true })) {
            save("token")
            val before = key!!.apply(refuse)
            assertIs("BadStoreFormat", load())
            assertSame(before, key)
            assertEquals("", save("new"))
            assertNotSame(before, key)
            assertEquals("=new", load())
        }
    }

    @Test
    fun `a device that nobody unlocked since it started is locked, and not empty`() {
        save("token")
        val locked = object : ContextWrapper(context) {
            override fun getSharedPreferences(name: String, mode: Int): SharedPreferences = throw IllegalStateException(
                "SharedPreferences in credential encrypted storage are not available until after user is unlocked"
            )
        }
        assertIs("NoStorageAccess", load(context = locked))
        assertIs("NoStorageAccess", save("new", context = locked))
        assertIs("NoStorageAccess", remove(context = locked))
        assertEquals("=token", load())
    }

    @Test
    fun `removing a secret needs no key`() {
        save("token")
        FakeKeystore.fail { false }
        assertEquals("", remove())
        assertEquals("NoEntry", load())
    }

    @Test
    fun `a file that the framework could not read is neither empty nor overwritten`() {
        save("token")
        val text = file.readText()
        // The framework's parser stops here, as it does if the file cannot be opened: it takes the file for an empty one.
        file.writeText(text.replace("<map>", "<map><no>"))
        startNewProcess()
        assertPassing(load())
        assertPassing(remove())
        assertPassing(save("state", user = PENDING))
        file.writeText(text)
        startNewProcess()
        assertEquals("=token", load())
    }

    @Test
    fun `a file that is cut off is lost, and a save starts over`() {
        save("token")
        file.writeText(file.readText().substringBefore("</string>"))
        startNewProcess()
        assertIs("BadStoreFormat", load())
        assertEquals("", save("new"))
        assertEquals("=new", load())
        startNewProcess()
        assertEquals("=new", load())
    }

    private companion object {
        const val NAME = "keyring-default"
        const val SERVICE = "nl.kidskonnect.groep"
        const val SESSION = "session"
        const val PENDING = "sign-in"
        const val DIVIDER = "\uFEFF@\uFEFF"
    }
}
