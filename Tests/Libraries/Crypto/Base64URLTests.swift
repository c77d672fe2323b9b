import Crypto
import Testing

@Suite struct Base64URLTests {
  @Test(arguments: [
    ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
    ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
  ])
  func rfc4648VectorsGoBothWays(plain: String, encoded: String) {
    #expect(Base64URL.encode(plain.utf8) == encoded)
    #expect(Base64URL.decode(encoded) == Array(plain.utf8))
  }

  @Test func theTwoLettersOfTheURLAlphabetAreUsed() {
    #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
    #expect(Base64URL.decode("-_8") == [0xFB, 0xFF])
  }

  @Test(arguments: ["Zg==", "Z", "Zh", "Zm9", "a+b/", "Zm 9v", "Zm9v\n", "ZÄ"])
  func whatIsNoOneSpellingOfBytesIsRefused(text: String) {
    #expect(Base64URL.decode(text) == nil)
  }

  @Test func everyLengthGoesRound() {
    for length in 0..<100 {
      let bytes = (0..<length).map { _ in UInt8.random(in: 0...255) }
      #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
    }
  }
}
