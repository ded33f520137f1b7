package nl.kidskonnect.groep.site

import android.Manifest
import android.app.DownloadManager
import android.content.ClipData
import android.content.Intent
import android.net.Uri
import android.os.Environment
import android.os.Parcelable
import android.provider.MediaStore
import android.view.View
import android.webkit.CookieManager
import android.webkit.GeolocationPermissions
import android.webkit.JsPromptResult
import android.webkit.PermissionRequest
import android.webkit.PermissionRequest.RESOURCE_AUDIO_CAPTURE
import android.webkit.PermissionRequest.RESOURCE_VIDEO_CAPTURE
import android.webkit.WebChromeClient
import android.webkit.WebChromeClient.FileChooserParams
import java.io.File
import java.io.FileNotFoundException
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadow.api.Shadow
import org.robolectric.shadows.ShadowJsResult

/**
 * What a page asks of the device and of the person.
 *
 * Real: our Kotlin, the policy of `app-state` and the Rust behind JNI, intents, the permission check, the photo's provider.
 * Shadows stand for `WebView` and for `DownloadManager`, which fetches nothing; `Others` stands for other apps and for
 * the system's questions. How a camera or a file chooser behaves only a tablet shows.
 */
class AskTest : Tablet() {
  private val chrome get() = page.webChromeClient!!

  private fun grantByPerson(vararg permissions: String) = shadowOf(activity.application).grantPermissions(*permissions)

  private fun request(vararg resources: String, origin: String = "https://zonnetje.example/"): Asked =
    Asked(origin, *resources).also(chrome::onPermissionRequest)

  @Test
  fun `a page gets the camera that settings and person allow`() {
    App.permit(camera = true, microphone = false, download = false)
    grantByPerson(Manifest.permission.CAMERA)
    assertEquals("granted [VIDEO_CAPTURE]", request(RESOURCE_VIDEO_CAPTURE).answer)
    assertEquals("denied", request(RESOURCE_AUDIO_CAPTURE).answer)
    App.heard()
    assertEquals("denied", request(RESOURCE_VIDEO_CAPTURE, RESOURCE_AUDIO_CAPTURE).answer)
    assertEquals(listOf("denied Microphone https://zonnetje.example/"), App.heard())
    App.permit(camera = false, microphone = false, download = false)
    assertEquals("denied", request(RESOURCE_VIDEO_CAPTURE, RESOURCE_AUDIO_CAPTURE).answer)
    assertEquals("each refusal is told", 2, App.heard().size)
    assertTrue(others.asked.isEmpty())
  }

  @Test
  fun `the person is asked once the settings allow it, and the page gets their answer`() {
    App.permit(camera = true, microphone = true, download = false)
    for ((answer, expected) in listOf(true to "granted [VIDEO_CAPTURE, AUDIO_CAPTURE]", false to "denied")) {
      val request = request(RESOURCE_VIDEO_CAPTURE, RESOURCE_AUDIO_CAPTURE)
      assertNull(request.answer)
      val (permissions, done) = others.asked.removeAt(0)
      assertEquals(listOf(Manifest.permission.CAMERA, Manifest.permission.RECORD_AUDIO), permissions)
      done(answer)
      assertEquals(expected, request.answer)
    }
  }

  @Test
  fun `a frame of another host gets nothing`() {
    App.permit(camera = true, microphone = true, download = true)
    grantByPerson(Manifest.permission.CAMERA)
    assertEquals("denied", request(RESOURCE_VIDEO_CAPTURE, origin = EVIL).answer)
  }

  @Test
  fun `no page gets what is neither camera nor microphone`() {
    App.permit(camera = true, microphone = true, download = true)
    assertEquals("denied", request(PermissionRequest.RESOURCE_PROTECTED_MEDIA_ID).answer)
    assertEquals("denied", request(PermissionRequest.RESOURCE_MIDI_SYSEX).answer)
    assertEquals("denied", request("").answer)
  }

  @Test
  fun `a hidden page does not see or hear`() {
    App.permit(camera = true, microphone = true, download = true)
    grantByPerson(Manifest.permission.CAMERA)
    site.hide()
    assertEquals("denied", request(RESOURCE_VIDEO_CAPTURE).answer)
  }

  @Test
  fun `a question that the page withdrew or repeated is answered at most once`() {
    App.permit(camera = true, microphone = false, download = false)
    val withdrawn = request(RESOURCE_VIDEO_CAPTURE)
    chrome.onPermissionRequestCanceled(withdrawn)
    others.asked.removeAt(0).second(true)
    assertNull(withdrawn.answer)
    val first = request(RESOURCE_VIDEO_CAPTURE)
    val second = request(RESOURCE_VIDEO_CAPTURE)
    assertEquals("denied", first.answer)
    for ((_, done) in others.asked) done(true)
    assertEquals("granted [VIDEO_CAPTURE]", second.answer)
  }

  @Test
  fun `a question that is open when the site closes is answered with no`() {
    App.permit(camera = true, microphone = false, download = false)
    val request = request(RESOURCE_VIDEO_CAPTURE)
    site.close()
    assertEquals("denied", request.answer)
    others.asked.single().second(true)
  }

  @Test
  fun `no page learns where the tablet is`() {
    var place: Boolean? = null
    chrome.onGeolocationPermissionsShowPrompt(GROUP, GeolocationPermissions.Callback { _, allow, _ -> place = allow })
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
      override fun createIntent() = Intent(Intent.ACTION_GET_CONTENT).setType("*/*")
    }
    assertTrue(chrome.onShowFileChooser(page, { answers += it?.toList() }, params))
  }

  private val file = Uri.parse("content://files/1")
  private val photo = Uri.parse("content://nl.kidskonnect.groep.photos/photo.jpg")

  @Test
  fun `a chosen file goes to the page`() {
    choose("application/pdf")
    val (intent, done) = others.started.single()
    assertEquals(Intent.ACTION_GET_CONTENT, intent.action)
    done(Intent().setData(file))
    assertEquals(listOf(listOf(file)), answers)
  }

  @Test
  fun `several chosen files go to the page`() {
    choose("application/pdf", many = true)
    val (intent, done) = others.started.single()
    assertTrue(intent.getBooleanExtra(Intent.EXTRA_ALLOW_MULTIPLE, false))
    val second = Uri.parse("content://files/2")
    val clip = ClipData.newRawUri(null, file).apply { addItem(ClipData.Item(second)) }
    done(Intent().apply { clipData = clip })
    assertEquals(listOf(listOf(file, second)), answers)
  }

  @Test
  fun `an app that answers with a path of ours gives nothing away`() {
    choose("application/pdf")
    others.started.single().second(Intent().setData(Uri.parse("file:///data/data/nl.kidskonnect.groep/cookies")))
    assertEquals(listOf(null), answers)
  }

  @Test
  fun `a person who chooses nothing can be asked again`() {
    choose("application/pdf")
    others.started.single().second(null)
    choose("application/pdf")
    assertEquals(listOf(null), answers)
    assertEquals(2, others.started.size)
  }

  @Test
  fun `a second question answers the first with nothing, and a late answer goes nowhere`() {
    choose("application/pdf")
    choose("application/pdf")
    assertEquals(listOf(null), answers)
    others.started[0].second(Intent().setData(file))
    assertEquals(listOf(null), answers)
    others.started[1].second(Intent().setData(file))
    assertEquals(listOf(null, listOf(file)), answers)
  }

  @Test
  fun `a hidden page, or a site that closes, gets no file`() {
    choose("application/pdf")
    site.hide()
    choose("application/pdf")
    assertEquals(listOf(null, null), answers)
    assertEquals(1, others.started.size)
    site.close()
    others.started.single().second(Intent().setData(file))
    assertEquals(listOf(null, null), answers)
  }

  @Test
  fun `a photo can be taken where the settings allow the camera`() {
    App.permit(camera = true, microphone = false, download = false)
    grantByPerson(Manifest.permission.CAMERA)
    choose("image/*")
    val (chooser, done) = others.started.single()
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
  fun `a camera that took nothing gives nothing, not the photo before`() {
    App.permit(camera = true, microphone = false, download = false)
    grantByPerson(Manifest.permission.CAMERA)
    choose("image/*", capture = true)
    assertEquals(MediaStore.ACTION_IMAGE_CAPTURE, others.started[0].first.action)
    activity.contentResolver.openOutputStream(photo)!!.use { it.write(1) }
    others.started[0].second(Intent())
    choose("image/*", capture = true)
    others.started[1].second(Intent())
    assertEquals(listOf(listOf(photo), null), answers)
  }

  @Test
  fun `without leave for the camera there are still files`() {
    choose("image/*")
    assertEquals(Intent.ACTION_GET_CONTENT, others.started.removeAt(0).first.action)
    App.permit(camera = true, microphone = false, download = false)
    choose("image/*")
    assertEquals(listOf(Manifest.permission.CAMERA), others.asked.single().first)
    others.asked.single().second(false)
    assertEquals(Intent.ACTION_GET_CONTENT, others.started.single().first.action)
  }

  @Test
  fun `the photo's provider has one photo and nothing else of the app`() {
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

  private fun download(address: String, disposition: String = "attachment") =
    shadowOf(page).downloadListener.onDownloadStart(address, "tablet", disposition, "application/pdf", 1)

  private val downloads get() = shadowOf(activity.getSystemService(DownloadManager::class.java))

  @Test
  fun `a file is not saved unless the settings allow it, and the app hears of it`() {
    download("https://zonnetje.example/a.pdf")
    assertEquals(listOf("denied Download $GROUP"), App.heard())
    assertEquals(0, downloads.requestCount)
  }

  @Test
  fun `a file of the place is saved with the page's cookies where the settings allow it`() {
    App.permit(camera = false, microphone = false, download = true)
    CookieManager.getInstance().setCookie("https://zonnetje.example/", "a=b")
    download("https://zonnetje.example/a.pdf")
    assertEquals(1, downloads.requestCount)
    val headers = shadowOf(downloads.getRequest(0)).requestHeaders.associate { it.first to it.second }
    assertEquals("a=b", headers["Cookie"])
    assertEquals(emptyList<String>(), App.heard())
  }

  @Test
  fun `a file gets the server's name for it and never a place of the server's choice`() {
    App.permit(camera = false, microphone = false, download = true)
    val names = mapOf(
      "attachment; filename=\"rooster.pdf\"" to "rooster.pdf", "attachment" to "a.pdf",
      "attachment; filename=\"../../x.pdf\"" to "x.pdf", "attachment; filename=\".hidden.pdf\"" to "hidden.pdf"
    )
    for (disposition in names.keys + "attachment; filename=\"..\"") download("https://zonnetje.example/a.pdf", disposition)
    val saved = (0L until downloads.requestCount).map { shadowOf(downloads.getRequest(it)).destination }
    val folder = activity.getExternalFilesDir(Environment.DIRECTORY_DOWNLOADS)
    assertEquals(names.values.toList(), saved.take(names.size).map { File(it.path!!).name })
    for (place in saved) assertEquals(place.toString(), folder, File(place.path!!).canonicalFile.parentFile)
  }

  @Test
  fun `a file of another host, and one that is no address, are never saved`() {
    App.permit(camera = false, microphone = false, download = true)
    for (address in listOf(EVIL, "data:text/plain,x", "blob:https://zonnetje.example/1", "file:///x", "")) {
      download(address)
      assertEquals(address, "refused Navigation", App.heard().single().split(' ').take(2).joinToString(" "))
    }
    download("about:blank")
    assertEquals(0, downloads.requestCount)
  }

  // Dialogs and films

  @Test
  fun `dialogs of a page are the engine's own`() {
    assertFalse(chrome.onJsAlert(page, GROUP, "x", JsPromptResult {}))
    assertFalse(chrome.onJsConfirm(page, GROUP, "x", JsPromptResult {}))
    assertFalse(chrome.onJsPrompt(page, GROUP, "x", null, JsPromptResult {}))
    assertFalse(chrome.onJsBeforeUnload(page, GROUP, "x", JsPromptResult {}))
  }

  @Test
  fun `a hidden page shows no dialog and is not stopped by its own question`() {
    site.hide()
    var left = false
    val answers = List(4) { JsPromptResult { result -> left = result.result } }
    assertTrue(chrome.onJsAlert(page, GROUP, "x", answers[0]))
    assertTrue(chrome.onJsConfirm(page, GROUP, "x", answers[1]))
    assertTrue(chrome.onJsPrompt(page, GROUP, "x", "y", answers[2]))
    assertFalse(left)
    assertTrue(chrome.onJsBeforeUnload(page, GROUP, "x", answers[3]))
    assertTrue(left)
    assertEquals(listOf(true, true, true, false), answers.map { (Shadow.extract(it) as ShadowJsResult).wasCancelled() })
  }

  private class Film : WebChromeClient.CustomViewCallback {
    var ended = 0

    override fun onCustomViewHidden() {
      ended++
    }
  }

  @Test
  fun `a film fills the screen until the page ends it`() {
    val film = Film()
    val view = View(activity)
    chrome.onShowCustomView(view, film)
    assertTrue(view.isShown)
    chrome.onHideCustomView()
    assertFalse(view.isShown)
    assertEquals(1, film.ended)
    chrome.onHideCustomView()
    assertEquals(1, film.ended)
  }

  @Test
  fun `back leaves the film and stays on the page`() {
    val film = Film()
    chrome.onShowCustomView(View(activity), film)
    site.back()
    assertEquals(1, film.ended)
    assertTrue(dialogs().isEmpty())
    assertEquals(0, shadowOf(page).goBackInvocations)
  }

  @Test
  fun `a second film does not take the place of the first, and none outlasts the site`() {
    val (first, second) = Film() to Film()
    chrome.onShowCustomView(View(activity), first)
    chrome.onShowCustomView(View(activity), second)
    assertEquals(0 to 1, first.ended to second.ended)
    site.close()
    assertEquals(1, first.ended)
    assertTrue(dialogs().isEmpty())
  }
}
