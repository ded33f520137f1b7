@file:Suppress("ktlint:standard:filename", "ktlint:standard:class-naming", "ktlint:standard:property-naming")

package androidx.activity

/** What the Android Gradle plugin generates: the ids that the library looks up at run time. */
class R {
    class id {
        companion object {
            @JvmField val view_tree_on_back_pressed_dispatcher_owner = 0x7f7f0001

            @JvmField val report_drawn = 0x7f7f0002
        }
    }
}
