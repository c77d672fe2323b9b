import Core
import Testing

@Suite struct SecretTests {
  private struct Settings {
    let user = "slipway"
    let password: Secret
    let spare: Secret?
    let all: [Secret]
  }

  private static let text = "correct-horse-battery"

  /// Every way in which Swift turns a value into text.
  private static func texts<Value>(of value: Value) -> [String] {
    var printed = ""
    print(value, to: &printed)
    var debugPrinted = ""
    debugPrint(value, to: &debugPrinted)
    var dumped = ""
    dump(value, to: &dumped)
    var mirrored = ""
    for child in Mirror(reflecting: value).children { mirrored += "\(child)" }
    return [
      printed, debugPrinted, dumped, mirrored, String(describing: value),
      String(reflecting: value), "\(value)",
    ]
  }

  @Test func aSecretNeverShowsHoweverItIsPrinted() {
    for text in Self.texts(of: Secret(Self.text)) { #expect(!text.contains(Self.text)) }
  }

  @Test func aSecretNeverShowsInsideOfWhatHoldsIt() {
    let secret = Secret(Self.text)
    let settings = Settings(password: secret, spare: secret, all: [secret])
    for text in Self.texts(of: settings) + Self.texts(of: ["key": secret]) {
      #expect(!text.contains(Self.text))
    }
    #expect("\(settings)".contains("[redacted]"))
  }

  @Test func aSecretIsGivenToWhoeverAsksForItByName() {
    #expect(Secret(Self.text).reveal() == Self.text)
  }

  @Test func secretsAreComparedByTheirText() {
    #expect(Secret("a") == Secret("a"))
    #expect(Secret("a") != Secret("b"))
    #expect(Secret("").isEmpty && !Secret("a").isEmpty)
  }
}
