import Core
import Crypto
import HTTPClient
import XML

/// What a bucket is like, for whoever sets one up.
extension S3Storage {
  /// Whether old versions of objects are kept.
  public enum Versioning: String, Sendable {
    /// They are.
    case enabled
    /// They were once.
    case suspended
    /// They never were.
    case off
  }

  /// GetBucketVersioning.
  ///
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html
  public func versioning() throws(StorageError) -> Versioning {
    var request = S3Request(.inspect, "GET")
    request.query = [("versioning", "")]
    // Not everybody gives the root element the name that Amazon does.
    guard let root = S3Answer.root(try connection.send(request).body) else {
      throw bad(.inspect, "no XML")
    }
    return switch root["Status"]?.text {
    case "Enabled": .enabled
    case "Suspended": .suspended
    default: .off
    }
  }

  /// The mode and time that new objects are locked for; nil where they are not.
  ///
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLockConfiguration.html
  public func objectLock() throws(StorageError) -> String? {
    var request = S3Request(.inspect, "GET")
    request.query = [("object-lock", "")]
    do throws(StorageError) {
      let root = try answer(request, named: "ObjectLockConfiguration")
      guard root["ObjectLockEnabled"]?.text == "Enabled" else { return nil }
      guard let rule = root["Rule"]?["DefaultRetention"] else { return "on, without a default" }
      let time =
        rule["Days"].map { "\($0.text) days" } ?? rule["Years"].map { "\($0.text) years" } ?? ""
      return "\(rule["Mode"]?.text ?? "") \(time)"
    } catch  where error.kind == .notFound || error.kind == .noBucket {
      // "ObjectLockConfigurationNotFoundError" has the status 404.
      return nil
    }
  }

  /// How far the store's clock is ahead of ours, to the second; nil where it tells no time.
  public func clockDifference() throws(StorageError) -> Duration? {
    let response = try connection.send(S3Request(.inspect, "HEAD"))
    return response.header("Date").flatMap(HTTPDate.parse).map { $0.since(Timestamp.now()) }
  }

  /// Whether a write that must not replace is refused where there is an object, by the store
  /// itself and whatever its profile says; the object is to be there.
  public func refusesToReplace(_ key: ObjectKey) throws(StorageError) -> Bool {
    var request = S3Request(.put, "PUT", key)
    request.headers = [
      profile.conditionalWrites == .generation
        ? HTTPHeader("x-goog-if-generation-match", "0") : HTTPHeader("If-None-Match", "*"),
      request.digestHeader,
    ]
    return try isRefused(request) { $0.kind == .exists || $0.kind == .unsupported }
  }

  /// Whether a body that is not the one whose digests were sent is refused.
  public func refusesChangedBody(_ key: ObjectKey) throws(StorageError) -> Bool {
    var request = S3Request(.put, "PUT", key)
    request.headers = [request.digestHeader]
    request.body = PartBody(changed: [1], sha256Of: S3Request.emptyBody.bytes)
    return try isRefused(request) { error in
      error.kind == .corrupt || error.kind == .invalidRequest || error.kind == .badSignature
    }
  }

  /// Whether a write with `x-amz-checksum-sha256` is taken.
  public func takesChecksums(_ key: ObjectKey) throws(StorageError) -> Bool {
    var request = S3Request(.put, "PUT", key)
    request.headers = [
      request.digestHeader,
      HTTPHeader("x-amz-checksum-sha256", Base64.encode(request.body.sha256)),
    ]
    return try !isRefused(request) { [.invalidRequest, .unsupported].contains($0.kind) }
  }

  private func isRefused(
    _ request: S3Request, _ isRefusal: (StorageError) -> Bool
  ) throws(StorageError) -> Bool {
    do throws(StorageError) {
      _ = try connection.send(request)
      return false
    } catch {
      if isRefusal(error) { return true }
      throw error
    }
  }
}

extension PartBody {
  /// Bytes with a digest that is not theirs.
  fileprivate init(changed bytes: [UInt8], sha256Of other: [UInt8]) {
    self.bytes = bytes
    sha256 = SHA256.hash(other)
  }
}
