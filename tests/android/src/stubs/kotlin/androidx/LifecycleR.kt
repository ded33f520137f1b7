@file:Suppress("ktlint:standard:filename", "ktlint:standard:class-naming", "ktlint:standard:property-naming")

package androidx.lifecycle.runtime

/** What the Android Gradle plugin generates: the ids that the library looks up at run time. */
class R {
    class id {
        companion object {
            @JvmField val view_tree_lifecycle_owner = 0x7f7f0003
        }
    }
}
