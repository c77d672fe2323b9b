import Core
import HTTPClient
import XML

/// Uploads in parts.
///
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
extension S3Storage {
  /// CreateMultipartUpload.
  public func beginUpload(_ key: ObjectKey) throws(StorageError) -> Upload {
    var request = S3Request(.beginUpload, "POST", key)
    request.query = [("uploads", "")]
    let root = try answer(request, named: "InitiateMultipartUploadResult")
    guard let id = root["UploadId"]?.text, !id.isEmpty else {
      throw bad(.beginUpload, "an upload without a name")
    }
    return Upload(key: key, id: id)
  }

  /// UploadPart.
  public func putPart(
    _ number: Int, _ body: PartBody, of upload: Upload
  ) throws(StorageError) -> UploadedPart {
    guard (1...partRules.partsMax).contains(number) else {
      throw StorageError(
        .invalidParts, .putPart, in: name, key: upload.key,
        "part \(number), where the provider allows \(partRules.partsMax)")
    }
    var request = S3Request(.putPart, "PUT", upload.key)
    request.query = [("partNumber", String(number)), ("uploadId", upload.id)]
    request.body = body
    request.headers = [request.digestHeader]
    let response = try connection.send(request)
    let tag = S3Answer.tag(response.header("ETag"))
    guard !tag.isEmpty else { throw bad(.putPart, "a part without an ETag") }
    return UploadedPart(number: number, bytes: Int64(body.bytes.count), tag: tag)
  }

  /// CompleteMultipartUpload, whose answer may have the status 200 and be an error.
  public func complete(_ upload: Upload, _ parts: [UploadedPart]) throws(StorageError) {
    let list = parts.map { part in
      "<Part><PartNumber>\(part.number)</PartNumber><ETag>&quot;\(Self.escaped(part.tag))&quot;"
        + "</ETag></Part>"
    }
    let document =
      "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      + list.joined() + "</CompleteMultipartUpload>"
    var request = S3Request(.complete, "POST", upload.key)
    request.query = [("uploadId", upload.id)]
    request.body = PartBody(Array(document.utf8))
    request.headers = [HTTPHeader("Content-Type", "application/xml"), request.digestHeader]
    request.mayBeSilent = true
    let response = try connection.send(request)
    let root = S3Answer.root(response.body)
    if root?.name == "Error" { throw connection.refusal(response, response.body, request) }
    guard root?["ETag"] != nil else {
      // What was begun may still come to its end: whoever asks again looks first.
      throw StorageError(
        .unavailable, .complete, in: name, key: upload.key, "the answer does not say how it ended")
    }
  }

  /// AbortMultipartUpload.
  public func abort(_ upload: Upload) throws(StorageError) {
    var request = S3Request(.abort, "DELETE", upload.key)
    request.query = [("uploadId", upload.id)]
    do throws(StorageError) {
      _ = try connection.send(request)
    } catch  where error.kind == .noUpload || error.kind == .notFound {
      return
    }
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
