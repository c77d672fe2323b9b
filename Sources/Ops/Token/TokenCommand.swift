import Core
import Crypto
import POSIX
import Tokens

/// Signs a token with the service's own secret, for development and for operators.
struct TokenCommand: Command {
  /// How long a token may live: whoever needs it for longer should have an issuer.
  static let ttlRange: ClosedRange<Duration> = .seconds(1) ... .seconds(30 * 86_400)

  private static let subject = Option(
    "subject", .subject, .required, "who the token is about")
  private static let scope = Option(
    "scope", .scope, .repeatable, "what it allows, for example histories:read")
  private static let ttl = Option(
    "ttl", .duration(in: ttlRange), .byDefault("1h"), "how long it is valid")
  private static let issuer = Option(
    "issuer", .text("ISSUER"), .optional, "who issues it; JWT_ISSUER unless given")
  private static let audience = Option(
    "audience", .text("AUDIENCE"), .optional, "who it is for; JWT_AUDIENCE unless given")

  static let specification = CommandSpecification(
    name: "token", summary: "sign a token for the service with its secret",
    description: """
      Reads the secret from JWT_SECRET, or from the file that JWT_SECRET_FILE names, and prints \
      the token and nothing else. The token is an HS256 JSON Web Token; whoever has it is the \
      subject until it expires.
      """,
    options: [subject, scope, ttl, issuer, audience], exitCodes: [.configuration],
    examples: [
      .init(
        line: "ops token --subject ada --scope histories:read",
        effect: "a token for an hour of reading the histories"),
      .init(
        line: "ops token --subject import --scope people:write --ttl 10m",
        effect: "a token for one import"),
    ])

  private let subject: String
  private let scopes: [String]
  private let ttl: Duration
  private let issuer: String?
  private let audience: String?

  init(_ arguments: ParsedArguments) {
    subject = arguments.required(Self.subject)
    scopes = arguments.values(Self.scope)
    ttl = arguments.required(Self.ttl)
    issuer = arguments.value(Self.issuer)
    audience = arguments.value(Self.audience)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    var reader = EnvironmentReader(context.environment) {
      try File.readText(context.absolute($0), limit: Self.fileBytesMax)
    }
    let secret = reader.secret("JWT_SECRET")
    let issuer = issuer ?? reader.text("JWT_ISSUER")
    let audience = audience ?? reader.text("JWT_AUDIENCE")
    if let problem = reader.problems.first { throw TokenCommandError.variable(problem) }
    guard let secret else { throw TokenCommandError.noSecret }
    let now = Timestamp.now()
    let claims = TokenClaims(
      subject: subject, scopes: scopes, expiresAt: now.advanced(by: ttl), issuedAt: now,
      issuer: issuer, audiences: audience.map { [$0] } ?? [])
    context.output.line(try signer(secret).sign(claims).reveal())
    return .done
  }

  /// What a file with a secret may hold, in bytes.
  private static let fileBytesMax = 64 * 1024

  private func signer(_ secret: Secret) throws(TokenCommandError) -> TokenSigner {
    do throws(TokenSecretError) {
      return try TokenSigner(secret: secret)
    } catch { throw .secret(error) }
  }
}

/// Why no token can be signed; never holds the secret.
enum TokenCommandError: Error, Sendable, Equatable {
  case noSecret
  case variable(EnvironmentReader.Problem)
  case secret(TokenSecretError)
}

extension TokenCommandError: ReportableError {
  var exitCode: ExitCode { .configuration }

  var findings: [Finding] {
    switch self {
    case .noSecret:
      [
        Finding(
          message: "JWT_SECRET is not set",
          hints: [
            "set it, or JWT_SECRET_FILE, to what the service has; for a new one:",
            "openssl rand -base64 48",
          ])
      ]
    case .variable(let problem): [Finding(message: problem.description)]
    case .secret(let error): [Finding(message: "JWT_SECRET holds \(error)")]
    }
  }
}

extension ValueType where Value == String {
  /// Who a token is about.
  fileprivate static var subject: Self {
    ValueType(
      name: "SUBJECT",
      allowed: "1 to \(TokenClaims.subjectBytesMax) bytes without control characters"
    ) { TokenClaims.isSubject($0) ? $0 : nil }
  }

  /// One word of a scope.
  fileprivate static var scope: Self {
    ValueType(name: "SCOPE", allowed: "a word without spaces, quotes and backslashes") {
      TokenClaims.isScope($0) ? $0 : nil
    }
  }
}
