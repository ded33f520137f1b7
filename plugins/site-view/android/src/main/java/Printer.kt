package nl.kidskonnect.groep.site

import android.app.Activity
import android.print.PrintAttributes
import android.print.PrintManager

/**
 * Prints pages with the system's print service, which shows the person what it prints and asks for a printer. One of
 * the printers writes a file, so pages print only where they may save files.
 */
internal class Printer(private val activity: Activity, private val otherApps: OtherApps) {
    fun onRequest(page: Page) {
        if (!page.takeTap(FIVE_SECONDS) || !NativeHost.allows(page.url, NativeHost.PRINT)) return
        val name = page.view.title.orEmpty().ifBlank { "Konnect" }
        // There may be no print service (`null`, ActivityNotFoundException), or the activity is on its way out.
        runCatching {
            val manager = activity.getSystemService(PrintManager::class.java)
            manager.print(name, page.view.createPrintDocumentAdapter(name), PrintAttributes.Builder().build())
        }.onFailure { otherApps.onAbsent(page.url) }
    }
}
