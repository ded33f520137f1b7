package nl.kidskonnect.groep.site

import android.content.ContentProvider
import android.content.ContentValues
import android.content.Context
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.os.ParcelFileDescriptor
import android.provider.OpenableColumns
import java.io.File
import java.io.FileNotFoundException

/**
 * Gives the camera app a place for one photo, and the page that photo. It is in the app's cache, never in the tablet's
 * gallery, and the next photo replaces it.
 */
class Photos : ContentProvider() {
    override fun onCreate() = true

    override fun openFile(uri: Uri, mode: String): ParcelFileDescriptor {
        val context = context ?: throw FileNotFoundException()
        if (uri != photoUri(context)) throw FileNotFoundException()
        return ParcelFileDescriptor.open(file(context), ParcelFileDescriptor.parseMode(mode))
    }

    override fun getType(uri: Uri) = "image/jpeg"

    override fun query(uri: Uri, p: Array<String>?, where: String?, args: Array<String>?, order: String?): Cursor {
        val length = context?.let { file(it).length() } ?: 0
        return MatrixCursor(arrayOf(OpenableColumns.DISPLAY_NAME, OpenableColumns.SIZE)).apply {
            addRow(arrayOf<Any>(NAME, length))
        }
    }

    override fun insert(uri: Uri, values: ContentValues?): Uri? = null

    override fun delete(uri: Uri, selection: String?, args: Array<String>?) = 0

    override fun update(uri: Uri, values: ContentValues?, selection: String?, args: Array<String>?) = 0

    internal companion object {
        private const val NAME = "photo.jpg"

        private fun file(context: Context) = File(context.cacheDir, NAME)

        private fun photoUri(context: Context): Uri = Uri.parse("content://${context.packageName}.photos/$NAME")

        fun delete(context: Context) = file(context).delete()

        fun reserve(context: Context): Uri {
            delete(context)
            return photoUri(context)
        }

        fun isTaken(context: Context, uri: Uri) = uri == photoUri(context) && file(context).length() > 0
    }
}
