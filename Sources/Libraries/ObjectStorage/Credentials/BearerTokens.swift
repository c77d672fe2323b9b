import Core
import HTTPClient
import JSON
import POSIX

/// Tokens of OAuth for Google Cloud: out of a file that somebody renews, or of the metadata server.
///
/// https://cloud.google.com/compute/docs/access/authenticate-workloads
public final class BearerTokens: Sendable {
  private struct Token {
    let text: Secret
    let expires: Timestamp
  }

  private let variables: [String: String]
  private let call: CredentialCall
  private let now: @Sendable () -> Timestamp
  private let kept = Guarded<Token?>(nil)

  private static let tokenBytesMax = 64 * 1024
  private static let hostDefault = "metadata.google.internal"
  private static let path = "/computeMetadata/v1/instance/service-accounts/default/token"

  /// Looks into `variables`: `GCS_TOKEN_FILE`, `GCE_METADATA_HOST`.
  public init(
    _ variables: [String: String], client: HTTPClient,
    now: @escaping @Sendable () -> Timestamp = { Timestamp.now() }
  ) {
    self.variables = variables
    self.now = now
    call = CredentialCall(source: .metadataServer, client: client)
  }

  /// A token that is good for a while; a file is read anew each time.
  ///
  /// Where asking again fails and the old token is still good, it serves on.
  public func token() throws(CredentialError) -> Secret {
    if let path = variables["GCS_TOKEN_FILE"], !path.isEmpty {
      do throws(SystemError) {
        let text = try File.readText(path, limit: Self.tokenBytesMax)
        return Secret(EnvironmentReader.withoutLineEnd(text))
      } catch {
        throw CredentialError(.tokenFile, "\(error)")
      }
    }
    return try kept.withLock { kept throws(CredentialError) in
      let moment = now()
      if let kept, moment.advanced(by: CredentialChain.refreshAhead) < kept.expires {
        return kept.text
      }
      do throws(CredentialError) {
        let fresh = try ask()
        kept = fresh
        return fresh.text
      } catch {
        if let kept, moment < kept.expires { return kept.text }
        throw error
      }
    }
  }

  /// Forgets what it got.
  public func invalidate() { kept.withLock { $0 = nil } }

  private func ask() throws(CredentialError) -> Token {
    let named = variables["GCE_METADATA_HOST", default: ""]
    let host = named.isEmpty ? Self.hostDefault : named
    let body = try call.body(
      "http://\(host)\(Self.path)", headers: [HTTPHeader("Metadata-Flavor", "Google")])
    guard let answer = try? JSONReader.read(body), let text = answer["access_token"]?.text,
      let seconds = answer["expires_in"]?.number
    else { throw CredentialError(.metadataServer, "the answer holds no token") }
    return Token(text: Secret(text), expires: now().advanced(by: .seconds(seconds)))
  }
}
