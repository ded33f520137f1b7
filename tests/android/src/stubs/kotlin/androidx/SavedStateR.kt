@file:Suppress("ktlint:standard:filename", "ktlint:standard:class-naming", "ktlint:standard:property-naming")

package androidx.savedstate

/** What the Android Gradle plugin generates: the ids that the library looks up at run time. */
class R {
    class id {
        companion object {
            @JvmField val view_tree_saved_state_registry_owner = 0x7f7f0005
        }
    }
}
