package nl.kidskonnect.groep.site

import android.Manifest
import android.app.DownloadManager
import android.content.ActivityNotFoundException
import android.content.ClipData
import android.content.ContentProvider
import android.content.ContentValues
import android.content.Intent
import android.content.pm.ProviderInfo
import android.database.Cursor
import android.net.Uri
import android.os.Build
import android.os.Environment
import android.os.Parcelable
import android.print.PrintAttributes
import android.print.PrintDocumentAdapter
import android.print.PrintJob
import android.print.PrintManager
import android.provider.MediaStore
import android.view.View
import android.view.WindowManager
import android.webkit.ConsoleMessage
import android.webkit.CookieManager
import android.webkit.GeolocationPermissions
import android.webkit.JsPromptResult
import android.webkit.MimeTypeMap
import android.webkit.PermissionRequest
import android.webkit.PermissionRequest.RESOURCE_AUDIO_CAPTURE
import android.webkit.PermissionRequest.RESOURCE_VIDEO_CAPTURE
import android.webkit.WebChromeClient
import android.webkit.WebChromeClient.FileChooserParams
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.FileNotFoundException
import java.io.IOException
import java.io.OutputStream
import java.util.concurrent.Executor
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadow.api.Shadow
import org.robolectric.shadows.ShadowContentResolver
import org.robolectric.shadows.ShadowJsResult
import org.robolectric.shadows.ShadowToast
import org.robolectric.util.ReflectionHelpers

private const val BLOB = "blob:https://zonnetje.example/1"

/**
 * What a page requests from the device and from the person: permissions, files, downloads, dialogs, full screen.
 *
 * Real: the plugin's Kotlin and Rust, the app's navigation policy, intents, the permission check, the photo provider.
 * Robolectric's shadows replace `WebView` and `DownloadManager`, which downloads nothing. [FakeLauncher] replaces other
 * apps and the system's permission dialogs. Only a tablet shows how a camera app or a file chooser behaves.
 */
class RequestTest : SiteFixture() {
    private val chrome get() = page.webChromeClient!!

    private fun grantByPerson(vararg permissions: String) =
        shadowOf(activity.application).grantPermissions(*permissions)

    private fun request(vararg resources: String, origin: String = "https://zonnetje.example/"): FakePermissionRequest =
        FakePermissionRequest(origin, *resources).also(chrome::onPermissionRequest)

    @Test
    fun `a page gets the camera if the settings and the person allow it`() {
        App.allow(camera = true, microphone = false, download = false)
        grantByPerson(Manifest.permission.CAMERA)
        assertEquals("granted [VIDEO_CAPTURE]", request(RESOURCE_VIDEO_CAPTURE).answer)
        assertEquals("denied", request(RESOURCE_AUDIO_CAPTURE).answer)
        App.takeEvents()
        assertEquals("denied", request(RESOURCE_VIDEO_CAPTURE, RESOURCE_AUDIO_CAPTURE).answer)
        assertEquals(listOf("denied Microphone https://zonnetje.example/"), App.takeEvents())
        App.allow(camera = false, microphone = false, download = false)
        assertEquals("denied", request(RESOURCE_VIDEO_CAPTURE, RESOURCE_AUDIO_CAPTURE).answer)
        assertEquals("each refusal is reported", 2, App.takeEvents().size)
        assertTrue(launcher.requested.isEmpty())
    }

    @Test
    fun `the person is asked only if the settings allow it, and the page gets the answer`() {
        App.allow(camera = true, microphone = true, download = false)
        for ((answer, expected) in listOf(true to "granted [VIDEO_CAPTURE, AUDIO_CAPTURE]", false to "denied")) {
            val request = request(RESOURCE_VIDEO_CAPTURE, RESOURCE_AUDIO_CAPTURE)
            assertNull(request.answer)
            val (permissions, done) = launcher.requested.removeAt(0)
            assertEquals(listOf(Manifest.permission.CAMERA, Manifest.permission.RECORD_AUDIO), permissions)
            done(answer)
            assertEquals(expected, request.answer)
        }
    }

    @Test
    fun `a frame of an untrusted host gets no permission`() {
        App.allow(camera = true, microphone = true, download = true)
        grantByPerson(Manifest.permission.CAMERA)
        assertEquals("denied", request(RESOURCE_VIDEO_CAPTURE, origin = EVIL).answer)
    }

    @Test
    fun `no page gets a permission other than camera and microphone`() {
        App.allow(camera = true, microphone = true, download = true)
        assertEquals("denied", request(PermissionRequest.RESOURCE_PROTECTED_MEDIA_ID).answer)
        assertEquals("denied", request(PermissionRequest.RESOURCE_MIDI_SYSEX).answer)
        assertEquals("denied", request("").answer)
    }

    @Test
    fun `a hidden page gets no camera`() {
        App.allow(camera = true, microphone = true, download = true)
        grantByPerson(Manifest.permission.CAMERA)
        site.hide()
        assertEquals("denied", request(RESOURCE_VIDEO_CAPTURE).answer)
    }

    @Test
    fun `a request that the page cancelled or repeated is answered at most once`() {
        App.allow(camera = true, microphone = false, download = false)
        val withdrawn = request(RESOURCE_VIDEO_CAPTURE)
        chrome.onPermissionRequestCanceled(withdrawn)
        launcher.requested.removeAt(0).second(true)
        assertNull(withdrawn.answer)
        val first = request(RESOURCE_VIDEO_CAPTURE)
        val second = request(RESOURCE_VIDEO_CAPTURE)
        assertEquals("denied", first.answer)
        for ((_, done) in launcher.requested) done(true)
        assertEquals("granted [VIDEO_CAPTURE]", second.answer)
    }

    @Test
    fun `a request that is pending when the site closes is denied`() {
        App.allow(camera = true, microphone = false, download = false)
        val request = request(RESOURCE_VIDEO_CAPTURE)
        site.close()
        assertEquals("denied", request.answer)
        launcher.requested.single().second(true)
    }

    @Test
    fun `no page gets the location`() {
        var place: Boolean? = null
        chrome.onGeolocationPermissionsShowPrompt(
            GROUP,
            GeolocationPermissions.Callback { _, allow, _ ->
                place = allow
            }
        )
        assertEquals(false, place)
    }

    // Uploads

    private val answers = ArrayList<List<Uri>?>()

    private fun choose(vararg types: String, many: Boolean = false, capture: Boolean = false) {
        val params = object : FileChooserParams() {
            override fun getMode() = if (many) MODE_OPEN_MULTIPLE else MODE_OPEN
            override fun getAcceptTypes() = arrayOf(*types)
            override fun isCaptureEnabled() = capture
            override fun getTitle(): CharSequence? = null
            override fun getFilenameHint(): String? = null
            override fun createIntent() = throw AssertionError("older web views put only the first type into it")
        }
        assertTrue(chrome.onShowFileChooser(page, { answers += it?.toList() }, params))
    }

    private val file = Uri.parse("content://files/1")
    private val photo = Uri.parse("content://nl.kidskonnect.groep.photos/photo.jpg")

    @Test
    fun `a chosen file goes to the page`() {
        choose("application/pdf")
        val (intent, done) = launcher.started.single()
        assertEquals(Intent.ACTION_GET_CONTENT, intent.action)
        done(Intent().setData(file))
        assertEquals(listOf(listOf(file)), answers)
    }

    @Test
    fun `every type that a page asks for is offered, extensions as the types that they stand for`() {
        shadowOf(MimeTypeMap.getSingleton()).run {
            addExtensionMimeTypeMapping("pdf", "application/pdf")
            addExtensionMimeTypeMapping("jpg", "image/jpeg")
        }
        for ((asked, type, types) in listOf(
            Triple(listOf("application/pdf"), "application/pdf", null),
            Triple(listOf(".pdf"), "application/pdf", null),
            Triple(listOf(".pdf", "application/PDF "), "application/pdf", null),
            Triple(listOf(".pdf,.jpg"), "*/*", listOf("application/pdf", "image/jpeg")),
            Triple(listOf("image/png", ".pdf"), "*/*", listOf("image/png", "application/pdf")),
            Triple(listOf(".pdf", ".nobody-knows"), "*/*", null),
            Triple(listOf("pdf", "application/pdf"), "application/pdf", null),
            Triple(listOf("pdf"), "*/*", null),
            Triple(listOf(""), "*/*", null),
            Triple(emptyList(), "*/*", null)
        )) {
            choose(*asked.toTypedArray())
            val intent = launcher.started.removeAt(0).first
            assertEquals("$asked", type, intent.type)
            assertEquals("$asked", types, intent.getStringArrayExtra(Intent.EXTRA_MIME_TYPES)?.toList())
            assertEquals(setOf(Intent.CATEGORY_OPENABLE), intent.categories)
        }
    }

    @Test
    fun `the camera is offered wherever a photo will do`() {
        App.allow(camera = true, microphone = false, download = false)
        grantByPerson(Manifest.permission.CAMERA)
        shadowOf(MimeTypeMap.getSingleton()).addExtensionMimeTypeMapping("jpg", "image/jpeg")
        for ((asked, camera) in listOf(
            listOf(".jpg", ".pdf") to true,
            listOf("image/png,application/pdf") to true,
            emptyList<String>() to true,
            listOf("*/*") to true,
            listOf("application/pdf", "text/csv") to false
        )) {
            choose(*asked.toTypedArray())
            val intent = launcher.started.removeAt(0).first
            assertEquals("$asked", camera, intent.hasExtra(Intent.EXTRA_INITIAL_INTENTS))
        }
    }

    @Test
    fun `several chosen files go to the page`() {
        choose("application/pdf", many = true)
        val (intent, done) = launcher.started.single()
        assertTrue(intent.getBooleanExtra(Intent.EXTRA_ALLOW_MULTIPLE, false))
        val second = Uri.parse("content://files/2")
        val clip = ClipData.newRawUri(null, file).apply { addItem(ClipData.Item(second)) }
        done(Intent().apply { clipData = clip })
        assertEquals(listOf(listOf(file, second)), answers)
    }

    @Test
    fun `a file path as the result of another app is ignored`() {
        choose("application/pdf")
        launcher.started.single().second(Intent().setData(Uri.parse("file:///data/data/nl.kidskonnect.groep/cookies")))
        assertEquals(listOf(null), answers)
    }

    @Test
    fun `after an empty choice the page can ask again`() {
        choose("application/pdf")
        launcher.started.single().second(null)
        choose("application/pdf")
        assertEquals(listOf(null), answers)
        assertEquals(2, launcher.started.size)
    }

    @Test
    fun `a second file chooser ends the first with no file, and a late result is ignored`() {
        choose("application/pdf")
        choose("application/pdf")
        assertEquals(listOf(null), answers)
        launcher.started[0].second(Intent().setData(file))
        assertEquals(listOf(null), answers)
        launcher.started[1].second(Intent().setData(file))
        assertEquals(listOf(null, listOf(file)), answers)
    }

    @Test
    fun `a hidden page, or a site that closes, gets no file`() {
        choose("application/pdf")
        site.hide()
        choose("application/pdf")
        assertEquals(listOf(null, null), answers)
        assertEquals(1, launcher.started.size)
        site.close()
        launcher.started.single().second(Intent().setData(file))
        assertEquals(listOf(null, null), answers)
    }

    @Test
    fun `a photo can be taken if the settings allow the camera`() {
        App.allow(camera = true, microphone = false, download = false)
        grantByPerson(Manifest.permission.CAMERA)
        choose("image/*")
        val (chooser, done) = launcher.started.single()
        val cameras = chooser.getParcelableArrayExtra(Intent.EXTRA_INITIAL_INTENTS, Parcelable::class.java)!!
        val camera = cameras.single() as Intent
        assertEquals(MediaStore.ACTION_IMAGE_CAPTURE, camera.action)
        assertEquals(photo, camera.getParcelableExtra(MediaStore.EXTRA_OUTPUT, Uri::class.java))
        activity.contentResolver.openOutputStream(photo)!!.use { it.write(byteArrayOf(1, 2, 3)) }
        done(Intent())
        assertEquals(listOf(listOf(photo)), answers)
        assertEquals(3, activity.contentResolver.openInputStream(photo)!!.use { it.readBytes().size })
    }

    @Test
    fun `a camera app that took no photo yields none, not the photo before`() {
        App.allow(camera = true, microphone = false, download = false)
        grantByPerson(Manifest.permission.CAMERA)
        choose("image/*", capture = true)
        assertEquals(MediaStore.ACTION_IMAGE_CAPTURE, launcher.started[0].first.action)
        activity.contentResolver.openOutputStream(photo)!!.use { it.write(1) }
        launcher.started[0].second(Intent())
        choose("image/*", capture = true)
        launcher.started[1].second(Intent())
        assertEquals(listOf(listOf(photo), null), answers)
    }

    @Test
    fun `without the camera permission the file chooser still opens`() {
        choose("image/*")
        assertEquals(Intent.ACTION_GET_CONTENT, launcher.started.removeAt(0).first.action)
        App.allow(camera = true, microphone = false, download = false)
        choose("image/*")
        assertEquals(listOf(Manifest.permission.CAMERA), launcher.requested.single().first)
        launcher.requested.single().second(false)
        assertEquals(Intent.ACTION_GET_CONTENT, launcher.started.single().first.action)
    }

    @Test
    fun `the photo provider serves one photo and no other file of the app`() {
        for (path in listOf("../shared_prefs/x.xml", "%2e%2e%2fx", "other.jpg", "")) {
            assertThrows(path, FileNotFoundException::class.java) {
                activity.contentResolver.openInputStream(Uri.parse("content://nl.kidskonnect.groep.photos/$path"))
            }
        }
        assertEquals("image/jpeg", activity.contentResolver.getType(photo))
        val cursor = activity.contentResolver.query(photo, null, null, null, null)!!
        assertTrue(cursor.moveToFirst())
        assertEquals("photo.jpg", cursor.getString(0))
        cursor.close()
        assertNull(activity.contentResolver.insert(photo, null))
        assertEquals(0, activity.contentResolver.delete(photo, null, null))
        assertEquals(0, activity.contentResolver.update(photo, null, null, null))
    }

    // Downloads

    private fun download(address: String, disposition: String = "attachment", type: String = "application/pdf") {
        shadowOf(page).downloadListener.onDownloadStart(address, "tablet", disposition, type, 1)
        idle()
    }

    private val downloads get() = shadowOf(activity.getSystemService(DownloadManager::class.java))

    @Test
    fun `a file is not saved unless the settings allow it, and the denial is reported`() {
        download("https://zonnetje.example/a.pdf")
        assertEquals(listOf("denied Download $GROUP"), App.takeEvents())
        assertEquals(0, downloads.requestCount)
    }

    @Test
    fun `a file of a trusted host is saved with the page's cookies if the settings allow it`() {
        App.allow(camera = false, microphone = false, download = true)
        CookieManager.getInstance().setCookie("https://zonnetje.example/", "a=b")
        download("https://zonnetje.example/a.pdf")
        assertEquals(1, downloads.requestCount)
        val headers = shadowOf(downloads.getRequest(0)).requestHeaders.associate { it.first to it.second }
        assertEquals("a=b", headers["Cookie"])
        assertEquals(emptyList<String>(), App.takeEvents())
    }

    @Test
    fun `a file gets the server's name for it and never a path of the server's choice`() {
        App.allow(camera = false, microphone = false, download = true)
        val names = mapOf(
            "attachment; filename=\"rooster.pdf\"" to "rooster.pdf",
            "attachment" to "a.pdf",
            "attachment; filename=\"../../x.pdf\"" to "x.pdf",
            "attachment; filename=\".hidden.pdf\"" to "hidden.pdf"
        )
        for (disposition in names.keys + "attachment; filename=\"..\"") {
            download(
                "https://zonnetje.example/a.pdf",
                disposition
            )
        }
        val saved = (0L until downloads.requestCount).map { shadowOf(downloads.getRequest(it)).destination }
        val folder = Environment.getExternalStoragePublicDirectory(Environment.DIRECTORY_DOWNLOADS)
        assertEquals(names.values.toList(), saved.take(names.size).map { File(it.path!!).name })
        for (place in saved) assertEquals(place.toString(), folder, File(place.path!!).canonicalFile.parentFile)
    }

    /** What [MediaStore] got: the file's name, its type and its content. */
    private class Media : ContentProvider() {
        val saved = ArrayList<ContentValues>()
        val content = ByteArrayOutputStream()
        val changes = ArrayList<String>()
        var isFull = false
        var isBroken = false

        override fun onCreate() = true

        override fun insert(uri: Uri, values: ContentValues?): Uri? {
            if (isFull) return null
            saved += values!!
            val place = Uri.withAppendedPath(uri, "${saved.size}")
            shadowOf(context!!.contentResolver).registerOutputStream(place, if (isBroken) Broken else content)
            return place
        }

        override fun query(uri: Uri, a: Array<String>?, b: String?, c: Array<String>?, d: String?): Cursor? = null
        override fun getType(uri: Uri): String? = null
        override fun delete(uri: Uri, a: String?, b: Array<String>?) =
            changes.add("deleted ${uri.lastPathSegment}").let { 1 }
        override fun update(uri: Uri, values: ContentValues?, a: String?, b: Array<String>?) =
            changes.add("shown ${values!!.getAsInteger(MediaStore.MediaColumns.IS_PENDING)}").let { 1 }

        private object Broken : OutputStream() {
            override fun write(byte: Int) = throw IOException("no room")
        }
    }

    private fun media(): Media {
        val info = ProviderInfo().apply { authority = MediaStore.AUTHORITY }
        return Media().also {
            it.attachInfo(activity, info)
            ShadowContentResolver.registerProviderInternal(MediaStore.AUTHORITY, it)
        }
    }

    private fun log(text: String) =
        chrome.onConsoleMessage(ConsoleMessage(text, GROUP, 1, ConsoleMessage.MessageLevel.DEBUG))

    /** The page's script answers a call. */
    private fun answer(call: String, json: String?) {
        val script = shadowOf(page).lastEvaluatedJavascript
        assertTrue(script, script.startsWith("window['$token'].$call("))
        shadowOf(page).lastEvaluatedJavascriptCallback.onReceiveValue(json)
        idle()
    }

    /** The page has a file of this name and reads these parts of it. */
    private fun give(name: String, vararg parts: String) {
        Downloads.writer = Executor { it.run() }
        answer("open", "\"${Uri.encode(name)}\"")
        for (part in parts) {
            assertTrue(shadowOf(page).lastEvaluatedJavascript.startsWith("window['$token'].read("))
            assertTrue(log("$token:read"))
            answer("take", "\"$part\"")
        }
    }

    private fun make(url: String = BLOB, type: String = "text/csv") {
        tap()
        download(url, type = type)
    }

    @Test
    fun `a file that a page makes itself is saved among the downloads, under the name that the page gives it`() {
        App.allow(camera = false, microphone = false, download = true)
        shadowOf(MimeTypeMap.getSingleton()).addExtensionMimeTypeMapping("csv", "text/csv")
        val media = media()
        for ((given, name) in listOf(
            "rooster.csv" to "rooster.csv",
            "../../x.csv" to "x.csv",
            "..\\.hidden.csv" to "hidden.csv",
            "roo\u202efdp.csv" to "roofdp.csv",
            "" to "download.csv"
        )) {
            for (url in listOf(BLOB, "data:text/csv;base64,aG9p")) {
                make(url)
                give(given, "aG9p")
                val values = media.saved.last()
                assertEquals(name, values.getAsString(MediaStore.MediaColumns.DISPLAY_NAME))
                assertEquals("text/csv", values.getAsString(MediaStore.MediaColumns.MIME_TYPE))
                assertEquals("no half file", 1, values.getAsInteger(MediaStore.MediaColumns.IS_PENDING))
            }
        }
        assertEquals("hoi".repeat(10), media.content.toString())
        assertEquals(List(10) { "shown 0" }, media.changes)
        assertEquals("Het bestand staat bij de downloads van deze tablet.", ShadowToast.getTextOfLatestToast())
        assertEquals(emptyList<String>(), App.takeEvents())
        assertFalse(File(activity.cacheDir, "download").exists())
    }

    @Test
    fun `a large file is read in parts, and one above the limit stops there whatever the page says`() {
        App.allow(camera = false, microphone = false, download = true)
        val media = media()
        val part = "AAAA".repeat(Downloads.SLICE / 3)
        make()
        give("x.bin", part, part, "aG9p")
        assertEquals(2 * Downloads.SLICE + 3, media.content.size())
        make()
        give("x.bin", *Array(Downloads.MAX_BYTES / Downloads.SLICE) { part })
        assertEquals(emptyList<String>(), App.takeEvents())
        assertTrue(log("$token:read"))
        answer("take", "\"$part\"")
        assertEquals(listOf("not_saved $BLOB"), App.takeEvents())
        assertEquals("Het bestand is te groot of kon niet worden gelezen.", ShadowToast.getTextOfLatestToast())
        make()
        give("x.bin")
        assertTrue(log("$token:read"))
        answer("take", "\"${part.repeat(2)}A\"")
        assertEquals("more than was asked for", listOf("not_saved $BLOB"), App.takeEvents())
        assertEquals(1, media.saved.size)
        assertFalse(File(activity.cacheDir, "download").exists())
    }

    @Test
    fun `before Android 10 a page's own file goes to the app's folder, beside an earlier one of that name`() {
        App.allow(camera = false, microphone = false, download = true)
        val sdk = Build.VERSION.SDK_INT
        ReflectionHelpers.setStaticField(Build.VERSION::class.java, "SDK_INT", 28)
        try {
            repeat(2) {
                make()
                give("rooster.csv", "aG9p")
            }
        } finally {
            ReflectionHelpers.setStaticField(Build.VERSION::class.java, "SDK_INT", sdk)
        }
        val files = activity.getExternalFilesDir(Environment.DIRECTORY_DOWNLOADS)!!.listFiles()!!
        assertEquals(listOf("1 rooster.csv", "rooster.csv"), files.map { it.name }.sorted())
        assertEquals(setOf("hoi"), files.map { it.readText() }.toSet())
        assertEquals(emptyList<String>(), App.takeEvents())
    }

    @Test
    fun `a file that cannot be read or saved is reported, leaves nothing behind, and the person hears why`() {
        App.allow(camera = false, microphone = false, download = true)
        for (json in listOf("null", null)) {
            make()
            answer("open", json)
            assertEquals(listOf("not_saved $BLOB"), App.takeEvents())
            make()
            give("x.csv")
            log("$token:read")
            answer("take", json)
            assertEquals(listOf("not_saved $BLOB"), App.takeEvents())
        }
        assertEquals("Het bestand is te groot of kon niet worden gelezen.", ShadowToast.getTextOfLatestToast())
        val media = media().apply { isFull = true }
        make()
        give("x.csv", "aG9p")
        assertEquals("without room", listOf("not_saved $BLOB"), App.takeEvents())
        media.isFull = false
        media.isBroken = true
        make()
        give("x.csv", "aG9p")
        assertEquals("without room for all of it", listOf("not_saved $BLOB"), App.takeEvents())
        assertEquals(listOf("deleted 1"), media.changes)
        assertEquals("Het bestand kon niet worden bewaard.", ShadowToast.getTextOfLatestToast())
    }

    @Test
    fun `a touch saves one file that a page made, and a page that goes takes its file along`() {
        App.allow(camera = false, microphone = false, download = true)
        val media = media()
        make()
        give("x.csv", "aG9p")
        download(BLOB, type = "text/csv")
        assertEquals("the same touch", listOf("not_saved $BLOB"), App.takeEvents())
        make()
        give("x.csv")
        finishLoad(page, GROUP)
        assertEquals(listOf("not_saved $BLOB", "loaded $GROUP"), App.takeEvents())
        assertTrue(log("$token:read"))
        assertEquals(1, media.saved.size)
        make()
        give("x.csv", "aG9p")
        assertEquals("a later file is saved", 2, media.saved.size)
    }

    /** The system throws this where no storage is there. */
    @Implements(DownloadManager::class)
    class BrokenDownloads {
        @Implementation
        fun enqueue(request: DownloadManager.Request): Long = throw IllegalStateException("unmounted $request")
    }

    @Test
    @Config(shadows = [BrokenDownloads::class])
    fun `a download that the system refuses is reported`() {
        App.allow(camera = false, microphone = false, download = true)
        download("https://zonnetje.example/a.pdf")
        assertEquals(listOf("not_saved https://zonnetje.example/a.pdf"), App.takeEvents())
    }

    @Test
    fun `a page's own file is saved for that page alone, and only if the settings allow it`() {
        make()
        assertEquals(listOf("denied Download $GROUP"), App.takeEvents())
        App.allow(camera = false, microphone = false, download = true)
        download("blob:https://evil.example/1")
        assertEquals(listOf("refused Navigation scheme blob:https://evil.example/1"), App.takeEvents())
        assertFalse(shadowOf(page).lastEvaluatedJavascript.startsWith("window['$token']"))
    }

    @Test
    fun `a file of an untrusted host, or without a URL to fetch, is never saved`() {
        App.allow(camera = false, microphone = false, download = true)
        for (address in listOf(EVIL, "file:///x", "")) {
            download(address)
            assertEquals(address, "refused Navigation", App.takeEvents().single().split(' ').take(2).joinToString(" "))
        }
        download("about:blank")
        assertEquals(0, downloads.requestCount)
    }

    // Printing

    /** Records what the system prints, or refuses as it does without a print service. */
    @Implements(PrintManager::class)
    class Printers {
        @Implementation
        fun print(name: String, document: PrintDocumentAdapter?, attributes: PrintAttributes?): PrintJob? {
            refusal?.let { throw it }
            printed += "$name ${document == null && attributes == null}"
            return null
        }

        companion object {
            val printed = ArrayList<String>()
            var refusal: RuntimeException? = null
        }
    }

    private fun prints(message: String = "$token:print", tap: Boolean = true): Boolean {
        Printers.printed.clear()
        if (tap) tap()
        log(message)
        return Printers.printed.isNotEmpty()
    }

    @Test
    @Config(shadows = [Printers::class])
    fun `a page prints after a touch, once, while it is shown and only where it may save files`() {
        Printers.refusal = null
        assertFalse("without the setting", prints())
        assertEquals(listOf("denied Download $GROUP"), App.takeEvents())
        App.allow(camera = false, microphone = false, download = true)
        assertTrue(prints())
        assertFalse("the same touch", prints(tap = false))
        tap()
        pass(6)
        assertFalse("long after the touch", prints(tap = false))
        life.pause()
        assertFalse("another app has the input", prints())
        life.resume()
        site.hide()
        assertFalse("hidden", prints())
        site.show()
        assertTrue(prints())
        assertFalse("other messages go to the log", log("x"))
    }

    @Test
    @Config(shadows = [Printers::class])
    fun `a frame that does not know the page's token does not print, and each page has another token`() {
        Printers.refusal = null
        App.allow(camera = false, microphone = false, download = true)
        val old = token
        finishLoad(page, GROUP)
        assertFalse(old == token)
        for (other in listOf("site-view:print", ":print", "$old:print", "print")) assertFalse(other, prints(other))
        assertTrue(prints())
    }

    @Test
    @Config(shadows = [Printers::class])
    fun `a tablet that cannot print says so`() {
        App.allow(camera = false, microphone = false, download = true)
        for (refusal in listOf(IllegalStateException(), ActivityNotFoundException(), NullPointerException())) {
            Printers.refusal = refusal
            assertFalse(prints())
            assertEquals("$refusal", listOf("no_app $GROUP"), App.takeEvents().takeLast(1))
        }
        Printers.refusal = null
        assertEquals("Deze tablet heeft hiervoor geen app.", ShadowToast.getTextOfLatestToast())
    }

    // Dialogs and full-screen video

    @Test
    fun `JavaScript dialogs are the engine's own`() {
        assertFalse(chrome.onJsAlert(page, GROUP, "x", JsPromptResult {}))
        assertFalse(chrome.onJsConfirm(page, GROUP, "x", JsPromptResult {}))
        assertFalse(chrome.onJsPrompt(page, GROUP, "x", null, JsPromptResult {}))
        assertFalse(chrome.onJsBeforeUnload(page, GROUP, "x", JsPromptResult {}))
    }

    @Test
    fun `a hidden page shows no dialog and its unload question is confirmed`() {
        site.hide()
        var left = false
        val answers = List(4) { JsPromptResult { result -> left = result.result } }
        assertTrue(chrome.onJsAlert(page, GROUP, "x", answers[0]))
        assertTrue(chrome.onJsConfirm(page, GROUP, "x", answers[1]))
        assertTrue(chrome.onJsPrompt(page, GROUP, "x", "y", answers[2]))
        assertFalse(left)
        assertTrue(chrome.onJsBeforeUnload(page, GROUP, "x", answers[3]))
        assertTrue(left)
        assertEquals(
            listOf(true, true, true, false),
            answers.map {
                (Shadow.extract(it) as ShadowJsResult).wasCancelled()
            }
        )
    }

    @Test
    fun `a pop-up and a film are kept out of screenshots from the moment that the settings say so`() {
        val secure = WindowManager.LayoutParams.FLAG_SECURE
        windowOpen()
        chrome.onShowCustomView(View(activity), Video())

        fun flags() = dialogs().map { it.window!!.attributes.flags and secure }
        for (flag in listOf(0, secure, 0)) {
            activity.window.setFlags(flag, secure)
            activity.window.decorView.viewTreeObserver.dispatchOnPreDraw()
            assertEquals(listOf(flag, flag), flags())
        }
    }

    private class Video : WebChromeClient.CustomViewCallback {
        var ended = 0

        override fun onCustomViewHidden() {
            ended++
        }
    }

    @Test
    fun `a video fills the screen until the page ends it`() {
        val video = Video()
        val view = View(activity)
        chrome.onShowCustomView(view, video)
        assertTrue(view.isShown)
        chrome.onHideCustomView()
        assertFalse(view.isShown)
        assertEquals(1, video.ended)
        chrome.onHideCustomView()
        assertEquals(1, video.ended)
    }

    @Test
    fun `back leaves the video and stays on the page`() {
        val video = Video()
        chrome.onShowCustomView(View(activity), video)
        site.back()
        assertEquals(1, video.ended)
        assertTrue(dialogs().isEmpty())
        assertEquals(0, shadowOf(page).goBackInvocations)
    }

    @Test
    fun `a second video does not replace the first, and a video ends with the site`() {
        val (first, second) = Video() to Video()
        chrome.onShowCustomView(View(activity), first)
        chrome.onShowCustomView(View(activity), second)
        assertEquals(0 to 1, first.ended to second.ended)
        site.close()
        assertEquals(1, first.ended)
        assertTrue(dialogs().isEmpty())
    }
}
