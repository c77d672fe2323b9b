import Core
import Crypto

/// Signs manifests, and with them every byte of the backups that they name.
///
/// Ed25519, RFC 8032. Who can write to the store and has not the key can make no backup that passes
/// for one of ours.
struct ManifestSigner: Sendable {
  private let key: PrivateKey

  /// The key in PEM that `file:PATH` or `env:NAME` holds.
  init(_ source: String, _ context: CommandContext) throws(SignatureProblem) {
    let text: Secret
    do throws(KeySource.Unreadable) {
      text = try KeySource.read(source, context)
    } catch {
      throw .keyUnreadable(error.reason)
    }
    try self.init(text)
  }

  /// The key in PEM.
  init(_ text: Secret) throws(SignatureProblem) {
    do throws(SignatureKeyError) {
      key = try PrivateKey(ed25519Text: text.reveal())
    } catch {
      throw .keyUnreadable("it holds no Ed25519 key in PEM (PKCS #8, without a password)")
    }
  }

  /// The signature of a manifest's bytes, 64 bytes.
  func signature(of bytes: [UInt8]) throws(SignatureProblem) -> [UInt8] {
    do throws(SignatureKeyError) {
      return try key.signature(of: bytes)
    } catch {
      throw .keyUnreadable("libcrypto does not sign with it")
    }
  }
}
