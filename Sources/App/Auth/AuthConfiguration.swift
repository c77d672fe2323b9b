import Core
import POSIX
import Tokens

/// Which routes need a token; those that name a scope always do.
enum AuthMode: String, Sendable, CaseIterable {
  case off, writes, all

  /// Whether whoever asks for what has this access must show a token.
  func demandsToken(for access: Access) -> Bool {
    switch access {
    case .open: false
    case .read: self == .all
    case .write: self != .off
    case .scope: true
    }
  }
}

/// Who may ask, and how it is known.
struct AuthConfiguration: Sendable {
  var mode = AuthMode.off
  var policy = TokenPolicy()
  /// Where keys come from; none means that no token can be valid.
  var origins: [KeyOrigin] = []
}

/// Where keys come from.
struct KeyOrigin: Sendable {
  enum Place: Sendable, Equatable {
    /// The variable itself, which does not change.
    case variable
    /// A file, read again when it changes.
    case file(String)
    /// An issuer's address.
    case address(String)
  }

  /// The variable, which also names it in metrics and logs.
  let name: String
  let place: Place
  /// What was there at the start; an address is not asked before that.
  let keys: TokenKeySet
}

extension Configuration {
  mutating func readAuth(_ reader: inout EnvironmentReader) {
    readMode(&reader)
    auth.origins =
      ["JWT_SECRET", "JWT_SECRET_PREVIOUS"].compactMap { reader.tokenSecret($0) }
      + [reader.keySet("JWT_JWKS")].compactMap(\.self)
    auth.policy.issuer = reader.text("JWT_ISSUER")
    auth.policy.audience = reader.text("JWT_AUDIENCE")
  }

  /// What is open in production must have been opened on purpose.
  private mutating func readMode(_ reader: inout EnvironmentReader) {
    let words = AuthMode.allCases.map(\.rawValue).joined(separator: ", ")
    let problems = reader.problems.count
    let given = reader.value(
      "AUTH", default: settings == .production ? nil : AuthMode.off, allowed: words,
      shown: \.rawValue, parse: { AuthMode(rawValue: $0) })
    if given == nil, reader.problems.count == problems {
      reader.report(
        .init(name: "AUTH", value: "", allowed: "\(words); with APP_SETTINGS=production it is set"))
    }
    auth.mode = given ?? .off
  }
}

extension EnvironmentReader {
  /// A secret that tokens are signed with.
  fileprivate mutating func tokenSecret(_ name: String) -> KeyOrigin? {
    guard let secret = secret(name) else { return nil }
    let path = file(of: name)
    do throws(TokenSecretError) {
      let key = try TokenKey(secret: secret)
      return KeyOrigin(
        name: name, place: path.map { .file($0) } ?? .variable, keys: TokenKeySet([key]))
    } catch {
      report(
        Problem(
          name: path == nil ? name : name + "_FILE", value: path ?? Secret("").description,
          allowed: "a secret of at least \(TokenKey.secretBytesMin) bytes"))
      return nil
    }
  }

  /// A JWK Set: the path of a file, or an issuer's address.
  fileprivate mutating func keySet(_ name: String) -> KeyOrigin? {
    guard let text = text(name) else { return nil }
    if text.contains("://") {
      if let address = KeySetAddress(text) {
        return KeyOrigin(name: name, place: .address(address.url), keys: TokenKeySet())
      }
      report(Problem(name: name, value: text, allowed: KeySetAddress.allowed))
      return nil
    }
    do throws(KeyReadError) {
      return KeyOrigin(name: name, place: .file(text), keys: try KeyReading.keySet(file: text))
    } catch {
      report(Problem(name: name, value: text, allowed: "a file with a JWK Set: \(error)"))
      return nil
    }
  }
}

/// The address of an issuer's keys.
struct KeySetAddress: Sendable, Equatable {
  static let allowed = """
    the path of a file with a JWK Set, or its https URL without a user and a fragment; http only \
    on this machine
    """
  private static let loopback: Set = ["localhost", "127.0.0.1", "[::1]"]

  let url: String

  /// Who could change the answer could make tokens: plain HTTP stays on this machine.
  init?(_ text: String) {
    let isPlain = text.utf8.allSatisfy {
      $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#")
    }
    guard isPlain, let address = UpstreamAddress(String(text.prefix { $0 != "?" })),
      text.hasPrefix("https://") || Self.loopback.contains(address.host.lowercased())
    else { return nil }
    url = text
  }
}
