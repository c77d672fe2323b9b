import Core

/// Why a backup was not signed, or its signature does not count.
enum SignatureProblem: Error, Sendable, Equatable {
  /// The key that signs cannot be had, or is none.
  case keyUnreadable(String)
  /// A public key that is none.
  case notPublicKey(String)
  /// A private key in place of a public one, which is not shown.
  case isPrivateKey
  /// Nobody who checks would take what the key signs.
  case notTrusted
  /// Whoever reads backups wants signed ones, and no key was given to sign with.
  case unsignable
  /// The backup has no signature.
  case unsigned(BackupID)
  /// None of the keys has signed it.
  case signedByOthers(BackupID)
}

extension SignatureProblem: ReportableError {
  var exitCode: ExitCode {
    switch self {
    case .keyUnreadable, .notPublicKey, .isPrivateKey, .notTrusted, .unsignable: .configuration
    case .unsigned, .signedByOthers: .verificationFailed
    }
  }

  var findings: [Finding] { [Finding(message: message, hints: hints)] }

  private var message: String {
    switch self {
    case .keyUnreadable(let reason): "the key that signs: \(reason)"
    case .notPublicKey(let text):
      "\(Self.shown(text)) is no public key; wanted: \(TrustedSigners.allowed)"
    case .isPrivateKey: "a private key stands where a public one is wanted"
    case .notTrusted: "the key that signs is none of those whose signatures count"
    case .unsignable: "backups that nobody signed would not be taken by whoever restores"
    case .unsigned(let id): "backup \(id) is not signed"
    case .signedByOthers(let id):
      "backup \(id) is not what any of the keys has signed whose signatures count"
    }
  }

  /// In characters; a public key has 60.
  private static let shownMax = 80

  /// What is longer than a public key may be a private one, in whatever form.
  private static func shown(_ text: String) -> String {
    text.count > shownMax
      ? "a text of \(text.count) characters" : "'\(ErrorReport.printable(text))'"
  }

  private var hints: [String] {
    switch self {
    case .keyUnreadable: ["make one: openssl genpkey -algorithm ed25519 -out signing.pem"]
    case .notPublicKey: ["openssl pkey -in signing.pem -pubout"]
    case .isPrivateKey:
      [
        "whoever may read this command line or file can sign with it: make another one",
        "its public key: openssl pkey -in signing.pem -pubout",
      ]
    case .notTrusted: ["name its public key in backup.signedBy, or with --signed-by"]
    case .unsignable: ["name the key with --sign-with file:PATH or --sign-with env:NAME"]
    case .unsigned: ["a restore alone takes it, with --allow-unsigned"]
    case .signedByOthers:
      ["somebody else wrote it, or changed it: find out who before anything of it is used"]
    }
  }
}
