import Core
import HTTPClient
import JSON
import XML

/// Requests to services that lend credentials, which answer at once or not at all.
struct CredentialCall: Sendable {
  let source: CredentialError.Source
  let client: HTTPClient

  /// Such services are near; the one of AWS that is not answers within this too.
  private static let timeout: Duration = .seconds(10)
  private static let connectTimeout: Duration = .seconds(2)
  private static let answerBytesMax = 256 * 1024

  /// The answer's body where its status is 200.
  ///
  /// An error tells the status and not the body, which may hold what was sent.
  func body(
    _ url: String, method: String = "GET", headers: [HTTPHeader] = [], body: [UInt8] = []
  ) throws(CredentialError) -> [UInt8] {
    var request = HTTPRequest(
      url, method: method, headers: headers, body: body, deadline: .after(Self.timeout),
      connectTimeout: Self.connectTimeout, bodyBytesMax: Self.answerBytesMax)
    request.connection = .fresh
    // What is near is asked in clear and directly; what is far away as the store itself is.
    request.usesEnvironmentProxy = url.hasPrefix("https://")
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try client.send(request)
    } catch {
      throw CredentialError(source, "\(error)", isTransient: true, isUnanswered: true)
    }
    guard response.status == 200 else {
      let code = S3Answer.root(response.body)?["Error"]?["Code"]?.text
      let words = code.map { "status \(response.status), \($0)" } ?? "status \(response.status)"
      throw CredentialError(
        source, words, isTransient: response.status >= 500 || response.status == 429)
    }
    return response.body
  }

  /// A key out of the JSON that AWS's services of this kind answer.
  func credentials(_ body: [UInt8]) throws(CredentialError) -> Credentials {
    guard let answer = try? JSONReader.read(body),
      let key = answer["AccessKeyId"]?.text, let secret = answer["SecretAccessKey"]?.text
    else { throw CredentialError(source, "the answer holds no key") }
    return Credentials(
      accessKeyID: key, secret: Secret(secret),
      sessionToken: (answer["Token"]?.text).map { Secret($0) },
      expires: (answer["Expiration"]?.text).flatMap { Timestamp(iso8601: $0) })
  }
}
