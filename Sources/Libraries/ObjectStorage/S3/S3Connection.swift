import Core
import Crypto
import HTTPClient

/// Sends requests to one bucket, signed each time, and tells answers from errors.
final class S3Connection: Sendable {
  let name: String
  let endpoint: S3Endpoint
  private let authorizer: any RequestAuthorizer
  private let client: HTTPClient
  private let timeouts: StorageTimeouts
  private let certificateAuthorityPath: String?
  private let offset = Guarded<Duration>(.zero)

  init(
    name: String, endpoint: S3Endpoint, authorizer: any RequestAuthorizer, client: HTTPClient,
    timeouts: StorageTimeouts, certificateAuthorityPath: String?
  ) {
    self.name = name
    self.endpoint = endpoint
    self.authorizer = authorizer
    self.client = client
    self.timeouts = timeouts
    self.certificateAuthorityPath = certificateAuthorityPath
  }

  /// How far the store's clock is ahead of ours, as far as it was learnt.
  var clockOffset: Duration { offset.withLock { $0 } }

  /// Most bytes of an answer that is read whole: a page of a listing.
  private static let answerBytesMax = 16 * 1024 * 1024

  /// A difference that stores allow anyhow, so that one refusal in five minutes is no other's.
  private static let offsetIgnored: Duration = .seconds(300)

  /// Sends `request` and gives the answer where its status is 2xx.
  func send(_ request: S3Request) throws(StorageError) -> HTTPResponse {
    var message = try signed(request)
    message.body = request.body.bytes
    message.bodyBytesMax = Self.answerBytesMax
    message.silenceMax = request.mayBeSilent ? nil : timeouts.silence
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try client.send(message)
    } catch {
      throw failure(error, request)
    }
    if (200..<300).contains(response.status) { return response }
    throw refusal(response, response.body, request)
  }

  /// Sends `request` and gives the answer's body to `sink` as it comes, where its status is 2xx.
  func receive(
    _ request: S3Request, begun: (HTTPResponse) throws(StorageError) -> ObjectInfo,
    _ sink: ([UInt8]) -> Bool
  ) throws(StorageError) -> ObjectInfo {
    var message = try signed(request)
    message.bodyBytesMax = Self.answerBytesMax
    message.deadline = .after(timeouts.silence)
    let stream: HTTPStream
    do throws(HTTPClientError) {
      stream = try HTTPStream(message, silenceMax: timeouts.silence)
    } catch {
      throw failure(error, request)
    }
    guard (200..<300).contains(stream.head.status) else {
      throw refusal(stream.head, Self.reason(stream), request)
    }
    let info = try begun(stream.head)
    while true {
      let part: [UInt8]?
      do throws(HTTPClientError) {
        part = try stream.next()
      } catch {
        throw failure(error, request, tag: info.tag)
      }
      guard let part else { return info }
      guard sink(part) else {
        throw StorageError(.cancelled, request.operation, in: name, key: request.key)
      }
    }
  }

  /// What an answer that is an error says, as much of it as comes.
  private static func reason(_ stream: HTTPStream) -> [UInt8] {
    var body: [UInt8] = []
    while body.count < S3Failure.bodyBytesMax, let part = try? stream.next() { body += part }
    return body
  }

  private func signed(_ request: S3Request) throws(StorageError) -> HTTPRequest {
    let hash = Hexadecimal.encode(request.body.sha256)
    let path = endpoint.path(request.key)
    let headers = [HTTPHeader("Host", endpoint.host)] + request.headers
    var subject = SigV4.Subject(
      method: request.method, path: path, headers: headers, bodyHash: hash)
    subject.query = request.query
    let proof: [HTTPHeader]
    do throws(CredentialError) {
      proof = try authorizer.authorize(subject, at: Timestamp.now().advanced(by: clockOffset))
    } catch {
      throw StorageError(
        error.isTransient ? .unavailable : .noCredentials, request.operation, in: name,
        key: request.key, "\(error)")
    }
    var message = HTTPRequest(
      endpoint.url(
        encodedPath: SigV4.encodedPath(path), encodedQuery: SigV4.encodedQuery(request.query)),
      method: request.method, headers: request.headers + proof,
      deadline: .after(timeouts.request), connectTimeout: timeouts.connect)
    message.certificateAuthorityPath = certificateAuthorityPath
    message.usesEnvironmentProxy = true
    // Below the retries it would be neither signed anew nor known to be in doubt.
    message.resendsOnDeadConnection = false
    return message
  }

  private func failure(
    _ error: HTTPClientError, _ request: S3Request, tag: String? = nil
  ) -> StorageError {
    let kind: StorageError.Kind =
      switch error.kind {
      case .invalidRequest: .invalidRequest
      case .tooLarge, .badAnswer: .badAnswer
      case .tls: .untrusted
      default: .transport
      }
    var answer = StorageError.Answer()
    answer.tag = tag
    return StorageError(
      kind, request.operation, in: name, key: request.key, "\(error)", answer: answer)
  }

  /// The error that an answer means; learns what the next attempt needs.
  func refusal(
    _ response: HTTPResponse, _ body: [UInt8], _ request: S3Request
  ) -> StorageError {
    let error = S3Failure(response, body).error(request, in: name)
    if error.kind == .expired { authorizer.invalidate() }
    guard error.kind == .clock || error.kind == .denied,
      let theirs = response.header("Date").flatMap(HTTPDate.parse)
    else { return error }
    let learnt = theirs.since(Timestamp.now())
    let difference = max(learnt - clockOffset, clockOffset - learnt)
    guard difference > Self.offsetIgnored else { return error }
    offset.withLock { $0 = learnt }
    // An answer to HEAD has no body, and so no code.
    return StorageError(
      .clock, error.operation, in: name, key: error.key, error.detail, answer: error.answer)
  }
}
