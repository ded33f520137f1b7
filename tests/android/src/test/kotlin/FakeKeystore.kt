package nl.kidskonnect.groep.site

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyPermanentlyInvalidatedException
import java.io.InputStream
import java.io.OutputStream
import java.security.AlgorithmParameters
import java.security.Key
import java.security.KeyStore
import java.security.KeyStoreSpi
import java.security.Provider
import java.security.ProviderException
import java.security.SecureRandom
import java.security.Security
import java.security.UnrecoverableKeyException
import java.security.cert.Certificate
import java.security.spec.AlgorithmParameterSpec
import java.util.Collections
import java.util.Date
import java.util.Enumeration
import javax.crypto.Cipher
import javax.crypto.CipherSpi
import javax.crypto.KeyGenerator
import javax.crypto.KeyGeneratorSpi
import javax.crypto.SecretKey

/**
 * The Android Keystore as a JCA provider for a JVM, which has none. The JDK encrypts.
 *
 * Its answers are those of AOSP's `AndroidKeyStoreSpi` and `AndroidKeyStoreCipherSpiBase`, also while the keystore
 * service cannot be reached: `containsAlias` says no, `aliases` lists nothing, and `getKey` throws since Android 12 and
 * says no before.
 */
object FakeKeystore {
    /** A key that stays in the keystore: it has a name, and no bytes that another provider could use. */
    class HeldKey(val alias: String, val real: SecretKey) : SecretKey {
        /** Whether a cipher refuses it, because it was invalidated. */
        var invalidated = false

        /** Whether `getKey` refuses it already. */
        var unrecoverable = false

        override fun getAlgorithm() = "AES"

        override fun getFormat(): String? = null

        override fun getEncoded(): ByteArray? = null
    }

    val keys = HashMap<String, HeldKey>()

    /** The parameters of each key that was generated. */
    val generated = ArrayList<KeyGenParameterSpec>()

    /** Whether the keystore service can be reached at its nth call from now. */
    var reachable: (Int) -> Boolean = { true }

    /** Whether `getKey` answers as before Android 12. */
    var beforeAndroid12 = false

    /** Each array that went into a cipher or came out. */
    val arrays = ArrayList<ByteArray>()

    /** What the next call of `doFinal` throws. */
    var onNextFinal: Exception? = null
    private var calls = 0

    fun install() {
        keys.clear()
        generated.clear()
        arrays.clear()
        recover()
        beforeAndroid12 = false
        onNextFinal = null
        Security.insertProviderAt(FakeProvider(), 1)
    }

    fun uninstall() = Security.removeProvider(FakeProvider.NAME)

    /** From now on, `answers` says which calls reach the keystore service. */
    fun fail(answers: (Int) -> Boolean) {
        calls = 0
        reachable = answers
    }

    fun recover() = fail { true }

    internal fun reach(): Boolean = reachable(calls++)

    /** The keystore service's own exception. Apps cannot make one, so its constructor is reached by reflection. */
    fun serviceException(code: Int, message: String): Exception = Class.forName("android.security.KeyStoreException")
        .getConstructor(Int::class.java, String::class.java)
        .newInstance(code, message) as Exception

    fun systemError() = serviceException(4, "System error")
}

class FakeProvider : Provider(NAME, 1.0, "") {
    init {
        put("KeyStore.AndroidKeyStore", Store::class.java.name)
        put("KeyGenerator.AES", Generator::class.java.name)
        put("Cipher.AES/GCM/NoPadding", HeldKeyCipher::class.java.name)
        put("Cipher.AES/GCM/NoPadding SupportedKeyClasses", FakeKeystore.HeldKey::class.java.name)
    }

    class Store : KeyStoreSpi() {
        override fun engineGetKey(alias: String, password: CharArray?): Key? {
            if (!FakeKeystore.reach()) {
                if (FakeKeystore.beforeAndroid12) return null
                throw UnrecoverableKeyException("Failed to obtain information about key").apply {
                    initCause(FakeKeystore.systemError())
                }
            }
            val key = FakeKeystore.keys[alias]
            if (key?.unrecoverable == true) {
                throw UnrecoverableKeyException("User changed or deleted their auth credentials")
            }
            return key
        }

        override fun engineContainsAlias(alias: String) = FakeKeystore.reach() && alias in FakeKeystore.keys

        override fun engineDeleteEntry(alias: String) {
            if (!FakeKeystore.reach()) throw java.security.KeyStoreException("Failed to delete entry: $alias")
            FakeKeystore.keys.remove(alias)
        }

        override fun engineLoad(stream: InputStream?, password: CharArray?) = Unit

        override fun engineLoad(param: KeyStore.LoadStoreParameter?) = Unit

        override fun engineAliases(): Enumeration<String> =
            Collections.enumeration(if (FakeKeystore.reach()) FakeKeystore.keys.keys.toList() else emptyList())

        override fun engineSize() = FakeKeystore.keys.size

        override fun engineIsKeyEntry(alias: String) = engineContainsAlias(alias)

        override fun engineGetCertificate(alias: String): Certificate? = null

        override fun engineGetCertificateChain(alias: String): Array<Certificate>? = null

        override fun engineGetCreationDate(alias: String): Date? = null

        override fun engineSetKeyEntry(alias: String, key: Key, password: CharArray?, chain: Array<Certificate>?) =
            throw UnsupportedOperationException()

        override fun engineSetKeyEntry(alias: String, key: ByteArray, chain: Array<Certificate>?) =
            throw UnsupportedOperationException()

        override fun engineSetCertificateEntry(alias: String, cert: Certificate?) =
            throw UnsupportedOperationException()

        override fun engineIsCertificateEntry(alias: String) = false

        override fun engineGetCertificateAlias(cert: Certificate): String? = null

        override fun engineStore(stream: OutputStream?, password: CharArray?) = throw UnsupportedOperationException()
    }

    class Generator : KeyGeneratorSpi() {
        private lateinit var parameters: KeyGenParameterSpec

        override fun engineInit(params: AlgorithmParameterSpec, random: SecureRandom?) {
            parameters = params as KeyGenParameterSpec
        }

        override fun engineInit(random: SecureRandom?) = throw UnsupportedOperationException()

        override fun engineInit(keysize: Int, random: SecureRandom?) = throw UnsupportedOperationException()

        /** As the real one does, replaces the key of that name. */
        override fun engineGenerateKey(): SecretKey {
            if (!FakeKeystore.reach()) throw ProviderException("Keystore operation failed", FakeKeystore.systemError())
            FakeKeystore.generated += parameters
            val real = KeyGenerator.getInstance("AES", "SunJCE").apply { init(128) }.generateKey()
            return FakeKeystore.HeldKey(parameters.keystoreAlias, real).also { FakeKeystore.keys[it.alias] = it }
        }
    }

    class HeldKeyCipher : CipherSpi() {
        private val cipher = Cipher.getInstance("AES/GCM/NoPadding", "SunJCE")

        private fun real(key: Key): SecretKey {
            key as FakeKeystore.HeldKey
            if (key.invalidated) throw KeyPermanentlyInvalidatedException("Key permanently invalidated")
            return key.real
        }

        override fun engineInit(opmode: Int, key: Key, random: SecureRandom?) = cipher.init(opmode, real(key))

        override fun engineInit(opmode: Int, key: Key, params: AlgorithmParameterSpec?, random: SecureRandom?) =
            cipher.init(opmode, real(key), params)

        override fun engineInit(opmode: Int, key: Key, params: AlgorithmParameters?, random: SecureRandom?) =
            cipher.init(opmode, real(key), params)

        override fun engineDoFinal(input: ByteArray, offset: Int, length: Int): ByteArray {
            FakeKeystore.onNextFinal?.let {
                FakeKeystore.onNextFinal = null
                throw it
            }
            return cipher.doFinal(input, offset, length).also { FakeKeystore.arrays += listOf(input, it) }
        }

        override fun engineDoFinal(input: ByteArray, offset: Int, length: Int, output: ByteArray, to: Int): Int =
            throw UnsupportedOperationException()

        override fun engineGetIV(): ByteArray = cipher.iv

        override fun engineGetParameters(): AlgorithmParameters = cipher.parameters

        override fun engineGetBlockSize() = cipher.blockSize

        override fun engineGetOutputSize(length: Int) = cipher.getOutputSize(length)

        override fun engineUpdate(input: ByteArray, offset: Int, length: Int): ByteArray =
            throw UnsupportedOperationException()

        override fun engineUpdate(input: ByteArray, offset: Int, length: Int, output: ByteArray, to: Int): Int =
            throw UnsupportedOperationException()

        override fun engineSetMode(mode: String) = Unit

        override fun engineSetPadding(padding: String) = Unit
    }

    companion object {
        const val NAME = "AndroidKeyStore"
    }
}
