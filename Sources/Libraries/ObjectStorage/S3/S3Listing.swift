import Core
import HTTPClient
import XML

extension S3Storage {
  /// Most objects that a store gives at once.
  private static let pageObjectsMax = 1000

  /// Most pages of uploads: a store that gives more names the same again and again.
  private static let uploadPagesMax = 1000

  /// ListObjectsV2, with keys that are encoded, as not every character may stand in XML.
  ///
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
  public func list(
    prefix: String, after: String?, limit: Int
  ) throws(StorageError) -> ObjectPage {
    var request = S3Request(.list, "GET")
    request.query = [
      ("list-type", "2"), ("prefix", prefix), ("encoding-type", "url"),
      ("max-keys", String(max(1, min(limit, Self.pageObjectsMax)))),
    ]
    if let after { request.query.append(("continuation-token", after)) }
    let root = try answer(request, named: "ListBucketResult")
    let isEncoded = root["EncodingType"]?.text == "url"
    var objects: [ObjectInfo] = []
    for item in root.all("Contents") {
      guard let text = item["Key"]?.text, let size = item["Size"].flatMap({ Int64($0.text) })
      else { throw bad(.list, "an object without a key or a size") }
      guard let key = key(text, isEncoded: isEncoded) else { continue }
      objects.append(
        ObjectInfo(
          key: key, bytes: size, tag: S3Answer.tag(item["ETag"]?.text),
          modified: item["LastModified"].flatMap { Timestamp(iso8601: $0.text) }))
    }
    let isCut = root["IsTruncated"]?.text == "true"
    guard let next = root["NextContinuationToken"]?.text, isCut else {
      if isCut { throw bad(.list, "a page that is cut and names no next one") }
      return ObjectPage(objects: objects, next: nil)
    }
    return ObjectPage(objects: objects, next: next)
  }

  /// ListMultipartUploads, all pages.
  ///
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
  public func unfinishedUploads(prefix: String) throws(StorageError) -> [UnfinishedUpload] {
    var found: [UnfinishedUpload] = []
    var markers: [(name: String, value: String)] = []
    // MinIO takes a prefix for the whole key: https://github.com/minio/minio/issues/20989
    let asked = profile.provider == .minio ? "" : prefix
    for _ in 0..<Self.uploadPagesMax {
      var request = S3Request(.listUploads, "GET")
      request.query =
        [("uploads", ""), ("prefix", asked), ("encoding-type", "url")] + markers
      let root = try answer(request, named: "ListMultipartUploadsResult")
      let isEncoded = root["EncodingType"]?.text == "url"
      for item in root.all("Upload") {
        guard let text = item["Key"]?.text, let id = item["UploadId"]?.text else {
          throw bad(.listUploads, "an upload without a key or a name")
        }
        // Some stores take no notice of the prefix.
        guard let key = key(text, isEncoded: isEncoded), key.text.beginsWithBytes(of: prefix)
        else { continue }
        let begun = item["Initiated"].flatMap { Timestamp(iso8601: $0.text) }
        found.append(UnfinishedUpload(Upload(key: key, id: id), begun: begun))
      }
      guard root["IsTruncated"]?.text == "true" else { return found }
      guard let next = root["NextKeyMarker"]?.text, let nextID = root["NextUploadIdMarker"]?.text
      else { throw bad(.listUploads, "a page that is cut and names no next one") }
      let marker = isEncoded ? Self.decoded(next) ?? next : next
      markers = [("key-marker", marker), ("upload-id-marker", nextID)]
    }
    throw bad(.listUploads, "more than \(Self.uploadPagesMax) pages")
  }

  /// The answer's root element, which is to have that name.
  func answer(
    _ request: S3Request, named name: String
  ) throws(StorageError) -> XMLElement {
    let response = try connection.send(request)
    guard let root = S3Answer.root(response.body), root.name == name else {
      throw bad(request.operation, "no \(name) in it")
    }
    return root
  }

  func bad(_ operation: StorageError.Operation, _ detail: String) -> StorageError {
    StorageError(.badAnswer, operation, in: name, detail)
  }

  private func key(_ text: String, isEncoded: Bool) -> ObjectKey? {
    (isEncoded ? Self.decoded(text) : text).flatMap { ObjectKey($0) }
  }

  private static func decoded(_ text: String) -> String? {
    PercentEncoding.decode(Array(text.utf8)[...], plusIsSpace: true)
  }
}
