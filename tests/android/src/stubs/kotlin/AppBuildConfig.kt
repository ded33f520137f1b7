@file:Suppress("ktlint:standard:filename")

package nl.kidskonnect.groep

/** What the Android Gradle plugin generates. */
object BuildConfig {
    const val DEBUG = true
}
