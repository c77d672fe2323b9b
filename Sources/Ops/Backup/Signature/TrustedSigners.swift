import Core
import Crypto
import ObjectStorage

/// Whose signatures count: where there is anybody, no backup is used that none of them signed.
struct TrustedSigners: Sendable {
  private struct Signer: Sendable {
    /// The line of base 64.
    let text: String
    let key: PublicKey
  }

  /// What a key is given as, for messages.
  static let allowed = "an Ed25519 key in base 64, the line that 'openssl pkey -pubout' prints"
  /// Signatures are not asked for.
  static let everybody = TrustedSigners()

  private let signers: [Signer]

  private init() { signers = [] }

  /// Those with the public keys `texts`; everybody where there are none.
  init(_ texts: [String]) throws(SignatureProblem) {
    var signers: [Signer] = []
    for text in texts {
      do throws(SignatureKeyError) {
        signers.append(Signer(text: text, key: try PublicKey(ed25519Text: text)))
      } catch {
        throw SecretInClear.isPrivateKey(text) ? .isPrivateKey : .notPublicKey(text)
      }
    }
    self.signers = signers
  }

  /// Whether a backup that nobody signed is taken.
  var takesUnsigned: Bool { signers.isEmpty }

  /// The public key of who signed `bytes`, nil where it is none of these.
  func signer(of bytes: [UInt8], _ signature: [UInt8]) -> String? {
    signers.first { $0.key.isValid(signature, of: bytes) }?.text
  }

  /// Throws where no restore would take what `signer` signs, or what is not signed at all.
  func check(_ signer: ManifestSigner?) throws(SignatureProblem) {
    if takesUnsigned { return }
    guard let signer else { throw .unsignable }
    let message = Array("signed by one whose signatures count".utf8)
    let signature = try signer.signature(of: message)
    guard self.signer(of: message, signature) != nil else { throw .notTrusted }
  }

  /// The public key of who signed a backup of `catalog`, nil where nobody is asked for.
  ///
  /// Throws `SignatureProblem`, or `BackupError` where the store does not answer or has another
  /// manifest by now.
  @discardableResult
  func check(_ entry: BackupEntry, in catalog: BackupCatalog) throws -> String? {
    if takesUnsigned { return nil }
    let (manifest, signature) = try BackupError.storing { () throws(StorageError) in
      try catalog.signedManifest(entry.id)
    }
    guard Hexadecimal.encode(SHA256.hash(manifest)) == entry.manifestSHA256 else {
      throw BackupError.notWhatWasWritten(catalog.keys.manifest(entry.id).text)
    }
    guard let signature else { throw SignatureProblem.unsigned(entry.id) }
    guard let signer = signer(of: manifest, signature) else {
      throw SignatureProblem.signedByOthers(entry.id)
    }
    return signer
  }
}
