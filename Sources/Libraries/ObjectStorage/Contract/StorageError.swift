import Core
import HTTPClient

/// Why a store did not do what it was asked, as facts; `StorageErrorText` has the words.
public struct StorageError: Error, Sendable, Equatable {
  /// What kind of failure it was, for decisions.
  public enum Kind: String, Sendable, CaseIterable {
    /// No such object.
    case notFound = "not-found"
    /// No such bucket, or no such directory.
    case noBucket = "no-bucket"
    /// No such upload: completed, aborted, or swept away.
    case noUpload = "no-upload"
    /// There is an object of that key already.
    case exists
    /// The range begins beyond the object's end.
    case invalidRange = "invalid-range"
    /// The parts do not follow the store's rules, or are not those that it has.
    case invalidParts = "invalid-parts"
    /// Whoever asks may not do that.
    case denied
    /// The store does not know the key, or the signature is not what it worked out.
    case badSignature = "bad-signature"
    /// The credentials were good and are no longer.
    case expired
    /// No credentials could be had.
    case noCredentials = "no-credentials"
    /// The clocks differ by more than the store allows.
    case clock
    /// The bytes are not those whose digest was sent, or that were stored.
    case corrupt
    /// The bucket is somewhere else.
    case elsewhere
    /// Asked too often.
    case throttled
    /// The store fails for now.
    case unavailable
    /// Another change to the same object is under way.
    case conflict
    /// The store took too long to get the bytes.
    case timedOut = "timed-out"
    /// There was no answer.
    case transport
    /// The server's certificate is nobody's that is trusted.
    case untrusted
    /// What came is not what such a store answers.
    case badAnswer = "bad-answer"
    /// More than is allowed.
    case tooLarge = "too-large"
    /// The store has no room.
    case full
    /// The store can not do that at all.
    case unsupported
    /// The store found the request wrong.
    case invalidRequest = "invalid-request"
    /// The caller did not want it any longer.
    case cancelled
    /// Anything else.
    case other
  }

  /// What was asked for.
  public enum Operation: String, Sendable {
    case put
    case get
    case head
    case list
    case delete
    case beginUpload = "begin-upload"
    case putPart = "put-part"
    case complete
    case abort
    case listUploads = "list-uploads"
    case inspect
  }

  /// What the store itself said.
  public struct Answer: Sendable, Equatable {
    /// The status of HTTP; nil of a store that has none.
    public var status: Int?
    /// The provider's code, such as `SlowDown`.
    public var code: String?
    /// The provider's number for the request, which its support asks for.
    public var requestID: String?
    /// How long it wants to be left alone.
    public var retryAfter: Duration?
    /// The region that the bucket is in, where the store names it.
    public var region: String?

    /// The tag of the object of which some bytes were given before it failed.
    public var tag: String?

    /// Nothing said.
    public init() {}
  }

  /// What kind of failure it was.
  public let kind: Kind
  /// What was asked for.
  public let operation: Operation
  /// The store's name.
  public let store: String
  /// The object, where it was about one.
  public let key: ObjectKey?
  /// What the store itself said.
  public let answer: Answer
  /// One sentence without secrets: the provider's, the system's or libcurl's.
  public let detail: String
  /// How often it was tried.
  public var attempts = 1

  /// A failure.
  public init(
    _ kind: Kind, _ operation: Operation, in store: String, key: ObjectKey? = nil,
    _ detail: String = "", answer: Answer = Answer()
  ) {
    self.kind = kind
    self.operation = operation
    self.store = store
    self.key = key
    self.detail = detail
    self.answer = answer
  }

  /// The same about the object as the caller names it, in a store as the caller names it.
  func renamed(_ key: ObjectKey?, in store: String) -> StorageError {
    var error = StorageError(kind, operation, in: store, key: key, detail, answer: answer)
    error.attempts = attempts
    return error
  }
}

extension StorageError.Kind {
  /// Whether the same request may do better a little later.
  public var isTransient: Bool {
    switch self {
    case .throttled, .unavailable, .conflict, .timedOut, .transport: true
    default: false
    }
  }
}
