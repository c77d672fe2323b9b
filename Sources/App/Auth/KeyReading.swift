import Core
import HTTPClient
import POSIX
import Tokens

/// Why keys could not be read.
enum KeyReadError: Error, Sendable, Equatable, CustomStringConvertible {
  case unreadable(SystemError)
  case unreachable(HTTPClientError)
  case status(Int)
  case secret(TokenSecretError)
  case keySet(KeySetError)

  var description: String {
    switch self {
    case .unreadable(let error): "\(error)"
    case .unreachable(let error): "\(error)"
    case .status(let status): "the answer's status is \(status)"
    case .secret(let error): "\(error)"
    case .keySet(let error): "\(error)"
    }
  }

  /// A word for metrics.
  var label: String {
    switch self {
    case .unreadable: "unreadable"
    case .unreachable: "unreachable"
    case .status: "status"
    case .secret, .keySet: "invalid"
    }
  }
}

/// Reads keys from where they come; blocks.
struct KeyReading: Sendable {
  /// How long an issuer may take.
  static let fetchTimeout: Duration = .seconds(3)
  /// How long a connection to it may take.
  static let connectTimeout: Duration = .seconds(2)

  let origin: KeyOrigin
  let client: HTTPClient

  func read() throws(KeyReadError) -> TokenKeySet {
    switch origin.place {
    case .variable: return origin.keys
    case .file(let path):
      return origin.name == "JWT_JWKS"
        ? try Self.keySet(file: path) : try Self.secret(file: path)
    case .address(let url): return try fetch(url)
    }
  }

  static func keySet(file path: String) throws(KeyReadError) -> TokenKeySet {
    try keySet(try content(path, limit: KeySetReader.bytesMax))
  }

  private static func secret(file path: String) throws(KeyReadError) -> TokenKeySet {
    let text = String(
      decoding: try content(path, limit: KeySetReader.bytesMax), as: UTF8.self)
    do throws(TokenSecretError) {
      let secret = Secret(EnvironmentReader.withoutLineEnd(text))
      return TokenKeySet([try TokenKey(secret: secret)])
    } catch { throw .secret(error) }
  }

  private static func content(_ path: String, limit: Int) throws(KeyReadError) -> [UInt8] {
    do throws(SystemError) {
      return try File.read(path, limit: limit)
    } catch { throw .unreadable(error) }
  }

  private func fetch(_ url: String) throws(KeyReadError) -> TokenKeySet {
    let request = HTTPRequest(
      url, headers: [HTTPHeader("Accept", "application/jwk-set+json, application/json")],
      deadline: .after(Self.fetchTimeout), connectTimeout: Self.connectTimeout,
      bodyBytesMax: KeySetReader.bytesMax)
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try client.send(request)
    } catch { throw .unreachable(error) }
    guard response.status == 200 else { throw .status(response.status) }
    return try Self.keySet(response.body)
  }

  private static func keySet(_ document: [UInt8]) throws(KeyReadError) -> TokenKeySet {
    do throws(KeySetError) {
      return try KeySetReader.read(document)
    } catch { throw .keySet(error) }
  }
}
