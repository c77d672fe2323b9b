import Core
import POSIX
import TestSupport
import Testing
import Tokens

@testable import Ops

@Suite struct TokenCommandTests {
  private static let secret = "a secret for tests, thirty-two bytes and more"

  /// What a command wrote.
  private final class Written: Sendable {
    private let text = Guarded("")

    var output: TextOutput {
      TextOutput(isTerminal: false) { [self] part in text.withLock { $0 += part } }
    }

    var all: String { text.withLock { $0 } }
  }

  private func token(
    _ arguments: [String], _ environment: [String: String] = ["JWT_SECRET": secret],
    directory: String = "/tmp"
  ) -> (code: ExitCode, output: String, error: String) {
    let output = Written()
    let error = Written()
    let tree = CommandTree.group("ops", "test", [.command(TokenCommand.self)])
    let context = CommandContext(
      output: output.output, error: error.output, environment: environment,
      currentDirectory: directory, tree: tree)
    let code = CommandProgram(tree: tree).run(["token"] + arguments, in: context)
    return (code, output.all, error.all)
  }

  private func claims(_ output: String, at now: Timestamp = .now()) throws -> TokenClaims {
    let text = String(output.dropLast())
    #expect(output.last == "\n" && text.split(separator: ".").count == 3)
    let keys = TokenKeySet([try TokenKey(secret: Secret(Self.secret))])
    return try TokenVerifier(keys).verify(text, at: now)
  }

  @Test func theTokenSaysWhatWasAskedForAndNothingElseIsPrinted() throws {
    let before = Timestamp.now()
    let result = token([
      "--subject", "ada", "--scope", "histories:read", "--scope", "people:write", "--ttl", "10m",
    ])
    #expect(result.code == .done)
    #expect(result.error.isEmpty)
    let claims = try claims(result.output)
    #expect(claims.subject == "ada")
    #expect(claims.scopes == ["histories:read", "people:write"])
    #expect(claims.issuer == nil && claims.audiences.isEmpty)
    let issuedAt = try #require(claims.issuedAt)
    #expect(claims.expiresAt.since(issuedAt) == .seconds(600))
    #expect(issuedAt.since(before) > .seconds(-2) && issuedAt <= .now())
  }

  @Test func issuerAndAudienceComeFromTheOptionsOrElseTheServicesVariables() throws {
    var environment = ["JWT_SECRET": Self.secret]
    let options = ["--issuer", "https://a.example", "--audience", "app"]
    let given = try claims(token(["--subject", "ada"] + options, environment).output)
    #expect(given.issuer == "https://a.example" && given.audiences == ["app"])
    environment["JWT_ISSUER"] = "https://b.example"
    environment["JWT_AUDIENCE"] = "other"
    let taken = try claims(token(["--subject", "ada"], environment).output)
    #expect(taken.issuer == "https://b.example" && taken.audiences == ["other"])
    let over = try claims(token(["--subject", "ada"] + options, environment).output)
    #expect(over.issuer == "https://a.example" && over.audiences == ["app"])
  }

  @Test func theSecretMayBeInAFile() throws {
    let directory = TemporaryDirectory()
    try File.write(Array("\(Self.secret)\n".utf8), to: directory.file("secret"))
    let result = token(
      ["--subject", "ada"], ["JWT_SECRET_FILE": "secret"], directory: directory.path)
    #expect(result.code == .done)
    #expect(try claims(result.output).subject == "ada")
  }

  @Test(arguments: [
    ([:], "JWT_SECRET is not set"), (["JWT_SECRET": ""], "JWT_SECRET is not set"),
    (["JWT_SECRET": "geheim"], "JWT_SECRET holds a secret of 6 bytes; it needs at least 32"),
    (["JWT_SECRET_FILE": "/nowhere/secret"], "JWT_SECRET_FILE is '/nowhere/secret'"),
    (
      ["JWT_SECRET": secret, "JWT_SECRET_FILE": "/nowhere"], "either JWT_SECRET or JWT_SECRET_FILE"
    ),
  ])
  func withoutAUsableSecretNothingIsSigned(environment: [String: String], words: String) {
    let result = token(["--subject", "ada"], environment)
    #expect(result.code == .configuration)
    #expect(result.output.isEmpty)
    #expect(result.error.contains(words))
    #expect(!result.error.contains("geheim") && !result.error.contains(Self.secret))
  }

  @Test(arguments: [
    ["--subject", ""], ["--subject", "a\nb"], [], ["--subject", "ada", "--ttl", "0s"],
    ["--subject", "ada", "--ttl", "31d"], ["--subject", "ada", "--ttl", "999ms"],
    ["--subject", "ada", "--ttl", "10"], ["--subject", "ada", "--scope", "two words"],
    ["--subject", "ada", "--scope", ""], ["--subject", "ada", "--scope", "a\"b"],
    ["--subject", String(repeating: "s", count: 256)],
  ])
  func wrongOptionsAreUsageErrors(arguments: [String]) {
    let result = token(arguments)
    #expect(result.code == .usage)
    #expect(result.output.isEmpty)
  }

  @Test(arguments: ["1s", "30d"])
  func theBoundsOfTheTimeToLiveAreAllowed(ttl: String) {
    #expect(token(["--subject", "ada", "--ttl", ttl]).code == .done)
  }
}
