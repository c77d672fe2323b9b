import Core
import HTTPClient
import XML

/// An answer of a bucket that is no success, as the error that it means.
struct S3Failure {
  /// Most bytes of an answer's body that are read for the reason.
  static let bodyBytesMax = 64 * 1024

  private let answer: StorageError.Answer
  private let code: String
  private let message: String

  /// Reads status, headers and the body, which may be empty or anything.
  init(_ response: HTTPResponse, _ body: [UInt8]) {
    let root = S3Answer.root(body)
    let error = root?.name == "Error" ? root : root?["Error"]
    var answer = StorageError.Answer()
    answer.status = response.status
    answer.code = error?["Code"]?.text
    answer.requestID =
      response.header("x-amz-request-id") ?? response.header("x-guploader-uploadid")
      ?? error?["RequestId"]?.text
    answer.region = error?["Region"]?.text ?? response.header("x-amz-bucket-region")
    answer.retryAfter = response.header("Retry-After").flatMap { Int($0) }.map {
      .seconds(min($0, Self.retryAfterMax))
    }
    self.answer = answer
    code = answer.code ?? ""
    message = error?["Message"]?.text ?? ""
  }

  private static let retryAfterMax = 60

  /// The error, for what was asked.
  func error(_ request: S3Request, in store: String) -> StorageError {
    let kind = Self.kinds[code] ?? Self.kind(answer.status ?? 0, request)
    return StorageError(
      kind, request.operation, in: store, key: request.key, message, answer: answer)
  }

  /// The codes that S3 and those who speak as it does answer with.
  ///
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  private static let kinds: [String: StorageError.Kind] = [
    "NoSuchKey": .notFound, "NoSuchBucket": .noBucket, "NoSuchUpload": .noUpload,
    "PreconditionFailed": .exists, "ConditionalRequestConflict": .conflict,
    "OperationAborted": .conflict, "InvalidRange": .invalidRange, "InvalidPart": .invalidParts,
    "InvalidPartOrder": .invalidParts, "InvalidPartNumber": .invalidParts,
    "EntityTooSmall": .invalidParts, "AccessDenied": .denied, "AllAccessDisabled": .denied,
    "InvalidAccessKeyId": .badSignature, "SignatureDoesNotMatch": .badSignature,
    "ExpiredToken": .expired, "TokenRefreshRequired": .expired, "RequestTimeTooSkewed": .clock,
    "RequestExpired": .clock, "BadDigest": .corrupt, "InvalidDigest": .corrupt,
    "XAmzContentSHA256Mismatch": .corrupt, "XAmzContentChecksumMismatch": .corrupt,
    "PermanentRedirect": .elsewhere, "TemporaryRedirect": .elsewhere, "Redirect": .elsewhere,
    "AuthorizationHeaderMalformed": .elsewhere, "SlowDown": .throttled, "SlowDownRead": .throttled,
    "SlowDownWrite": .throttled, "TooManyRequests": .throttled, "Throttling": .throttled,
    "ThrottlingException": .throttled, "RequestLimitExceeded": .throttled,
    "BandwidthLimitExceeded": .throttled, "RequestTimeout": .timedOut,
    "EntityTooLarge": .tooLarge, "QuotaExceeded": .full, "InsufficientStorage": .full,
    "NotImplemented": .unsupported, "InternalError": .unavailable,
    "ServiceUnavailable": .unavailable,
  ]

  private static func kind(_ status: Int, _ request: S3Request) -> StorageError.Kind {
    switch status {
    case 301, 302, 307, 308: .elsewhere
    case 401, 403: .denied
    case 404:
      switch request.operation {
      case .putPart, .complete, .abort: .noUpload
      default: request.key == nil ? .noBucket : .notFound
      }
    case 408: .timedOut
    case 409: .conflict
    case 412: .exists
    case 413: .tooLarge
    case 416: .invalidRange
    case 429: .throttled
    case 501: .unsupported
    case 507: .full
    case 500...: .unavailable
    case 200..<300: .badAnswer
    default: .invalidRequest
    }
  }
}

/// The XML of answers.
enum S3Answer {
  /// The root element; nil where the body is no XML.
  ///
  /// A store that takes its time sends spaces first, which no XML may begin with.
  static func root(_ body: [UInt8]) -> XMLElement? {
    let text = body.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
    return text.isEmpty ? nil : try? XMLReader.read(Array(text))
  }

  /// A tag without the quotes around it.
  static func tag(_ text: String?) -> String {
    var text = Substring(text ?? "")
    if text.count > 1, text.first == "\"", text.last == "\"" { text = text.dropFirst().dropLast() }
    return String(text)
  }
}
