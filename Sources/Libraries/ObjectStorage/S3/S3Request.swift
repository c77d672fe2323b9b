import Core
import Crypto
import HTTPClient

/// A request to a bucket, before it is signed.
struct S3Request {
  let operation: StorageError.Operation
  let method: String
  /// The object; nil for the bucket itself.
  var key: ObjectKey?
  /// Names and values, not encoded.
  var query: [(name: String, value: String)] = []
  /// Beside those that belong to every request.
  var headers: [HTTPHeader] = []
  var body = S3Request.emptyBody
  /// Whether the server may think for as long as the deadline lets it before it says anything.
  var mayBeSilent = false

  static let emptyBody = PartBody([])

  init(_ operation: StorageError.Operation, _ method: String, _ key: ObjectKey? = nil) {
    self.operation = operation
    self.method = method
    self.key = key
  }

  /// `Content-MD5` of the body, which some stores want and the others compare.
  var digestHeader: HTTPHeader {
    HTTPHeader("Content-MD5", Base64.encode(MD5.hash(body.bytes)))
  }
}

/// How long a store may take.
public struct StorageTimeouts: Sendable, Equatable {
  /// For a connection.
  public var connect: Duration = .seconds(10)
  /// For a whole request, a part's bytes among it.
  public var request: Duration = .seconds(900)
  /// Without one byte going either way.
  public var silence: Duration = .seconds(60)

  /// The times for stores that are far away.
  public init() {}
}
