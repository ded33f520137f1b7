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
 * Tells the device manager's app how things are, in the words of `androidx.enterprise.feedback` (keyed app states).
 *
 * Bindings are made and ended on the main thread. Where nobody listens nothing happens, and no fault of another app comes
 * back: it stands in the system's log.
 */
object Feedback {
  private const val NAME = "androidx.enterprise.feedback"
  private const val PLAY = "com.android.vending"
  private const val INFO = 1
  private const val ERROR = 2
  private const val MAX_KEY = 100
  private const val MAX_MESSAGE = 1000
  private const val WAIT = 30_000L

  private val main = Handler(Looper.getMainLooper())
  private val open = LinkedHashSet<Binding>()
  private var newest: Map<String, Bundle>? = null

  /**
   * Replaces what was told before: a key that is not among [keys] is well again. Rust calls this on a thread of its own, and
   * asks again later where the system does not answer.
   */
  @JvmStatic
  fun report(context: Context, keys: Array<String>, messages: Array<String>, errors: BooleanArray) {
    // Of two with one key the worse one is told.
    val states = keys.indices.sortedBy { errors[it] }.associate {
      val key = cut(keys[it], MAX_KEY)
      key to state(key, if (errors[it]) ERROR else INFO, cut(messages[it], MAX_MESSAGE))
    }
    val found = receivers(context)
    val memory = context.getSharedPreferences("feedback", Context.MODE_PRIVATE)
    // Here it waits for the disk, and later for nothing.
    memory.all
    main.post {
      newest = states
      open.toList().forEach { it.leave() }
      found.forEach { Binding(context, it, memory, states).start() }
    }
  }

  /** The device's or the profile's owner, and the Play Store where it came with the system. */
  private fun receivers(context: Context): List<ComponentName> {
    val policy = context.getSystemService(DevicePolicyManager::class.java)
    val owns = { name: String -> policy != null && (policy.isDeviceOwnerApp(name) || policy.isProfileOwnerApp(name)) }
    val isPlay = { app: ApplicationInfo -> app.packageName == PLAY && app.flags and ApplicationInfo.FLAG_SYSTEM != 0 }
    val found = context.packageManager.queryIntentServices(Intent("$NAME.action.APP_STATES"), 0).map { it.serviceInfo }
    val heard = found.filter { owns(it.packageName) || isPlay(it.applicationInfo) }.distinctBy { it.packageName }
    return heard.map { ComponentName(it.packageName, it.name) }
  }

  private fun state(key: String, severity: Int, message: String) = Bundle().apply {
    putString("$NAME.APP_STATE_KEY", key)
    putInt("$NAME.APP_STATE_SEVERITY", severity)
    putString("$NAME.APP_STATE_MESSAGE", message)
  }

  /** A receiver drops what is longer. Half a character is none. */
  private fun cut(text: String, max: Int) =
    if (text.length > max && text[max - 1].isHighSurrogate()) text.take(max - 1) else text.take(max)

  /** To one receiver, for as long as telling it takes. What it was told is remembered, so that it hears what is well again. */
  private class Binding(
    val context: Context,
    val to: ComponentName,
    val memory: SharedPreferences,
    val states: Map<String, Bundle>,
    val again: Boolean = true,
  ) : ServiceConnection {
    private val well = memory.getStringSet(to.packageName, null).orEmpty() - states.keys
    private var told = false

    fun start() {
      if (states.isEmpty() && well.isEmpty()) return
      open += this
      main.postDelayed(::end, WAIT)
      val bound = try {
        context.bindService(Intent().setComponent(to), this, Context.BIND_AUTO_CREATE)
      } catch (_: RuntimeException) {
        false
      }
      if (!bound) leave()
    }

    override fun onServiceConnected(name: ComponentName?, service: IBinder?) {
      // One that was let go has nothing to say any more.
      if (this !in open) return
      try {
        val all = ArrayList(states.values + well.map { state(it, INFO, "OK") })
        Messenger(service).send(Message.obtain(null, 1, Bundle().apply { putParcelableArrayList("$NAME.APP_STATES", all) }))
        memory.edit().putStringSet(to.packageName, states.keys).apply()
        told = true
      } catch (_: Exception) {
        leave()
      }
    }

    override fun onServiceDisconnected(name: ComponentName?) = leave()

    override fun onBindingDied(name: ComponentName?) = leave()

    override fun onNullBinding(name: ComponentName?) = leave()

    /** Whoever was not told, such as an app that was just replaced by a newer one, hears it once more. */
    private fun end() {
      leave()
      if (told || newest !== states) return
      Log.w("KonnectGroep", "${to.packageName} took no states")
      if (again) Binding(context, to, memory, states, false).start()
    }

    fun leave() {
      // The system keeps the connection of a refused binding, too.
      if (open.remove(this)) {
        try {
          context.unbindService(this)
        } catch (_: RuntimeException) {
          // It was never there.
        }
      }
    }
  }
}
