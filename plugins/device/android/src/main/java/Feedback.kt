package nl.kidskonnect.groep.device

import android.app.admin.DevicePolicyManager
import android.content.ComponentName
import android.content.Context
import android.content.Intent
import android.content.ServiceConnection
import android.content.SharedPreferences
import android.content.pm.ApplicationInfo
import android.os.Bundle
import android.os.Handler
import android.os.IBinder
import android.os.Looper
import android.os.Message
import android.os.Messenger
import android.util.Log

/**
 * Sends reports to the MDM's app with the protocol of `androidx.enterprise.feedback` (keyed app states).
 *
 * Binds and unbinds on the main thread. If no app receives keyed app states, nothing happens. An error of a receiving
 * app is not returned but logged.
 */
object Feedback {
    private const val NAME = "androidx.enterprise.feedback"
    private const val PLAY = "com.android.vending"
    private const val INFO = 1
    private const val ERROR = 2
    private const val MAX_KEY = 100
    private const val MAX_MESSAGE = 1000
    private const val BIND_MILLIS = 30_000L

    private val main = Handler(Looper.getMainLooper())
    private val open = LinkedHashSet<Binding>()
    private var newest: Map<String, Bundle>? = null

    /**
     * Replaces all earlier reports: a key that is not among [keys] counts as resolved. Rust calls this on a background
     * thread and repeats the call later if it throws.
     */
    @JvmStatic
    fun report(context: Context, keys: Array<String>, messages: Array<String>, errors: BooleanArray) {
        // Sorted by severity, so that of two reports with one key the more severe one remains.
        val states = keys.indices.sortedBy { errors[it] }.associate {
            val key = cut(keys[it], MAX_KEY)
            key to state(key, if (errors[it]) ERROR else INFO, cut(messages[it], MAX_MESSAGE))
        }
        val receivers = receivers(context)
        val sentKeys = context.getSharedPreferences("feedback", Context.MODE_PRIVATE)
        // Load the file here, so that the main thread does not wait for the disk later.
        sentKeys.all
        main.post {
            newest = states
            open.toList().forEach { it.unbind() }
            receivers.forEach { Binding(context, it, sentKeys, states).start() }
        }
    }

    /**
     * The services that may receive reports: those of the device's or profile's owner, and of a preinstalled Play
     * Store.
     */
    private fun receivers(context: Context): List<ComponentName> {
        val policy = context.getSystemService(DevicePolicyManager::class.java)
        val owns = { name: String ->
            policy != null && (policy.isDeviceOwnerApp(name) || policy.isProfileOwnerApp(name))
        }
        val isPlay = { app: ApplicationInfo ->
            app.packageName == PLAY && app.flags and ApplicationInfo.FLAG_SYSTEM != 0
        }
        val services = context.packageManager.queryIntentServices(Intent("$NAME.action.APP_STATES"), 0)
        val found = services.map { it.serviceInfo }
        val trusted = found.filter { owns(it.packageName) || isPlay(it.applicationInfo) }.distinctBy { it.packageName }
        return trusted.map { ComponentName(it.packageName, it.name) }
    }

    private fun state(key: String, severity: Int, message: String) = Bundle().apply {
        putString("$NAME.APP_STATE_KEY", key)
        putInt("$NAME.APP_STATE_SEVERITY", severity)
        putString("$NAME.APP_STATE_MESSAGE", message)
    }

    /** Cuts a text, because receivers drop longer ones. Never cuts between the halves of a surrogate pair. */
    private fun cut(text: String, max: Int) =
        if (text.length > max && text[max - 1].isHighSurrogate()) text.take(max - 1) else text.take(max)

    /**
     * A binding to one receiver, for at most [BIND_MILLIS]. The keys that a receiver got are stored, so that it can
     * later be sent that they are resolved.
     */
    private class Binding(
        val context: Context,
        val to: ComponentName,
        val sentKeys: SharedPreferences,
        val states: Map<String, Bundle>,
        val retry: Boolean = true
    ) : ServiceConnection {
        private val resolved = sentKeys.getStringSet(to.packageName, null).orEmpty() - states.keys
        private var sent = false

        fun start() {
            if (states.isEmpty() && resolved.isEmpty()) return
            open += this
            main.postDelayed(::onTimeout, BIND_MILLIS)
            val bound = runCatching { context.bindService(Intent().setComponent(to), this, Context.BIND_AUTO_CREATE) }
            if (bound.getOrNull() != true) unbind()
        }

        override fun onServiceConnected(name: ComponentName?, service: IBinder?) {
            // The service may connect after this binding was already ended.
            if (this !in open) return
            try {
                val all = ArrayList(states.values + resolved.map { state(it, INFO, "OK") })
                val content = Bundle().apply { putParcelableArrayList("$NAME.APP_STATES", all) }
                Messenger(service).send(Message.obtain(null, 1, content))
                sentKeys.edit().putStringSet(to.packageName, states.keys).apply()
                sent = true
            } catch (_: Exception) {
                unbind()
            }
        }

        override fun onServiceDisconnected(name: ComponentName?) = unbind()

        override fun onBindingDied(name: ComponentName?) = unbind()

        override fun onNullBinding(name: ComponentName?) = unbind()

        /**
         * Tries once more if the receiver got nothing, for example because a newer version of its app was just
         * installed.
         */
        private fun onTimeout() {
            unbind()
            if (sent || newest !== states) return
            Log.w("DevicePlugin", "${to.packageName} received no states")
            if (retry) Binding(context, to, sentKeys, states, false).start()
        }

        fun unbind() {
            // The system keeps the connection of a binding that it refused, too. It may not know this one any more.
            if (open.remove(this)) runCatching { context.unbindService(this) }
        }
    }
}
