import Testing

@testable import Ops

/// Each mistake in platform.yaml with the exact words it gets.
struct PlatformMistakeTests {
  @Test(arguments: Mistake.all)
  func aMistakeIsReportedInTheseWords(_ mistake: Mistake) {
    #expect(Self.report(mistake.text) == mistake.lines)
  }

  @Test func allMistakesAreReportedAtOnceInTheOrderOfTheFile() {
    let text = """
      service: { name: Slip way, image: "example/app:latest" }
      defaults:
        replicas: many
        drian: 5s
      environments:
        a:
          target: local
          rollout: { soak: 10 }
        b:
          target: helm
          namespace: b
          host: not_a_host
        c: { target: docker }

      """
    #expect(
      Self.report(text) == [
        "platform.yaml:1:18: error: service.name: 'Slip way' is not allowed; wanted: a name of "
          + "a-z, 0-9 and -, at most 40 characters, a letter first",
        "platform.yaml:1:35: error: service.image: 'example/app:latest' is not allowed; wanted: an "
          + "image without tag and digest (for example ghcr.io/example/slipway)",
        "platform.yaml:3:13: error: defaults.replicas: 'many' is not allowed; wanted: a whole "
          + "number from 0 to 1000",
        "platform.yaml:4:3: error: defaults.drian: unknown key", "  did you mean 'drain'?",
        "platform.yaml:8:22: error: environments.a.rollout.soak: '10' is not allowed; wanted: a "
          + "whole number with a unit: ms, s, m, h or d (for example 500ms, 10s)",
        "  a unit is missing: 10s",
        "platform.yaml:10:5: error: environments.b: the key 'context' is missing: the target helm "
          + "needs it",
        "platform.yaml:10:5: error: environments.b: 'b' counts as production because settings "
          + "is not given; production has to say who may write: name secrets.jwt, or set auth: off",
        "platform.yaml:12:11: error: environments.b.host: 'not_a_host' is no host name; wanted: "
          + "labels of a-z, 0-9 and - joined by dots",
        "platform.yaml:13:16: error: environments.c.target: 'docker' is not allowed; wanted: "
          + "local, helm, kustomize",
      ])
  }

  @Test func aSecretInClearIsNeverShown() {
    let text = """
      service: { name: a, image: b }
      environments:
        x:
          target: local
          secrets: { jwt: hunter2 }
          env:
            DATABASE_URL: postgres://app:hunter2@db/app
            SMTP_PASSWORD: hunter2
            CERTIFICATE: "-----BEGIN hunter2"
          backup: { schedule: "1 1 * * *", store: "s3://key:hunter2@bucket/x" }

      """
    let lines = Self.report(text)
    #expect(lines.count == 5)
    #expect(!lines.joined().contains("hunter2"), "\(lines)")
  }

  @Test(
    arguments: [
      "secrets: { jwt: { existing: \"S3cr3t P@ss\" } }", "secrets: { jwt: { sops: hunter2 } }",
      "secrets: { jwt: { sops: ../../etc/passwd.yaml } }",
      "secrets: { jwt: { sops: /etc/passwd.json } }",
      "monitoring: { runbooks: 'https://ada:lovelace@example.com/' }",
    ])
  func aTextThatMayBeASecretIsRefusedWithoutShowingIt(keys: String) {
    let mistake = Mistake("", cluster: "database: bundled\n" + keys)
    let lines = Self.report(mistake.text)
    #expect(lines.count == 1 && lines[0].contains("'[redacted]' is not allowed"), "\(lines)")
  }

  @Test(
    arguments: [
      "encryptTo: [AGE-SECRET-KEY-1hunter2]",
      "signedBy: [MC4CAQAwBQYDK2VwBCIEIhunter2]",
      "signedBy: [\"-----BEGIN PRIVATE KEY----- hunter2\"]",
    ])
  func aPrivateKeyInPlaceOfAPublicOneIsRefusedWithoutShowingIt(keys: String) {
    let backup = "backup: { schedule: '1 1 * * *', store: 's3://b/p', \(keys) }"
    let lines = Self.report(Mistake("", cluster: "database: bundled\n" + backup).text)
    #expect(lines.contains { $0.contains("'[redacted]' is not allowed") }, "\(lines)")
    #expect(lines.contains { $0.contains("make another one") }, "\(lines)")
    #expect(!lines.joined().contains("hunter2"), "\(lines)")
  }

  @Test func theExitCodeIsThatOfConfiguration() throws {
    let error = try #require(throws: PlatformError.self) { try Platform(Array("a: 1".utf8)) }
    #expect(error.exitCode == .configuration)
  }

  @Test func aMissingFileSaysWhereItIsLookedFor() throws {
    let error = try #require(throws: PlatformUnreadable.self) {
      try Platform.load("/nowhere/platform.yaml")
    }
    #expect(error.exitCode == .configuration)
    #expect(
      ErrorReport(error).lines(program: "ops", color: false, annotations: false) == [
        "ops: error: platform.yaml cannot be read: No such file or directory",
        "  it is looked for in the current directory: start ops in the root of the repository",
      ])
  }

  @Test func aDirectoryInPlaceOfTheFileIsReported() {
    #expect(throws: PlatformUnreadable.self) { try Platform.load("/") }
  }

  /// The committed file with lines dropped, doubled, cut and swapped: values or problems, no crash.
  @Test func aDamagedFileIsReadOrReported() throws {
    let lines = try PlatformTests.committedText().split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init)
    let words = ["~", "[]", "{}", "0", "-1", "no", "''", "x: y", "[a, b]", "*x", "1e9", "local"]
    var state: UInt32 = 1
    func random(_ count: Int) -> Int {
      // https://en.wikipedia.org/wiki/Linear_congruential_generator
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int(state >> 8) % count
    }
    for _ in 0..<800 {
      var damaged = lines
      for _ in 0...random(3) {
        let at = random(damaged.count)
        switch random(5) {
        case 0: damaged.remove(at: at)
        case 1: damaged.insert(damaged[at], at: random(damaged.count))
        case 2: damaged[at] = String(damaged[at].prefix(random(damaged[at].count + 1)))
        case 3: damaged.swapAt(at, random(damaged.count))
        default:
          let key = damaged[at].prefix { $0 != ":" }
          damaged[at] = "\(key): \(words[random(words.count)])"
        }
      }
      let text = damaged.joined(separator: "\n")
      do throws(PlatformError) {
        #expect(try !Platform(Array(text.utf8)).environments.isEmpty, "\(text)")
      } catch {
        let places = error.problems.map(\.place.line)
        #expect(!places.isEmpty, "\(text)")
        #expect(places.allSatisfy { (1...damaged.count + 1).contains($0) }, "\(text)")
      }
    }
  }

  /// Each character of the committed file left out, and a tab put before each.
  @Test(arguments: [[], [UInt8(ascii: "\t")]])
  func aSlipOfTheFingerIsReadOrReported(_ inserted: [UInt8]) throws {
    let bytes = Array(try PlatformTests.committedText().utf8)
    let linesCount = bytes.count { $0 == UInt8(ascii: "\n") } + 1
    for offset in bytes.indices {
      var damaged = bytes
      damaged.replaceSubrange(offset..<(inserted.isEmpty ? offset + 1 : offset), with: inserted)
      do throws(PlatformError) {
        #expect(try !Platform(damaged).environments.isEmpty, "at \(offset)")
      } catch {
        let places = error.problems.map(\.place.line)
        #expect(!places.isEmpty && places.allSatisfy { (1...linesCount).contains($0) }, "\(offset)")
      }
    }
  }

  static func report(_ text: String) -> [String] {
    do throws(PlatformError) {
      _ = try Platform(Array(text.utf8))
      return []
    } catch {
      return ErrorReport(error).lines(program: "ops", color: false, annotations: false)
    }
  }
}
