package nl.kidskonnect.groep.site

import android.print.PrintAttributes
import android.print.PrintJob
import android.print.PrintJobInfo
import android.print.PrintManager
import android.webkit.WebView

/** Prints pages with the system's print service, which shows the person what it prints and asks for a printer. */
internal class Printer {
    private var job: PrintJob? = null

    fun print(view: WebView) {
        // The context of a web view of ours is its activity, which the system's dialog needs.
        val manager = view.context.getSystemService(PrintManager::class.java) ?: return
        // A page that asks again while the system's dialog is open would lay one dialog over the other.
        if (job?.info?.state == PrintJobInfo.STATE_CREATED) return
        val name = view.title.orEmpty().ifBlank { "Konnect" }
        job = manager.print(name, view.createPrintDocumentAdapter(name), PrintAttributes.Builder().build())
    }
}
