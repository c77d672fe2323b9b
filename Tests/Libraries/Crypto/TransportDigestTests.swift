import Crypto
import Testing

/// What headers of object stores need.
struct TransportDigestTests {
  /// RFC 1321, A.5.
  @Test(arguments: [
    ("", "d41d8cd98f00b204e9800998ecf8427e"), ("abc", "900150983cd24fb0d6963f7d28e17f72"),
    ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
  ])
  func theDigestsOfTheRFCComeOut(_ text: String, _ digest: String) {
    #expect(Hexadecimal.encode(MD5.hash(Array(text.utf8))) == digest)
  }

  /// RFC 4648, section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func theTextsOfTheRFCComeOutInBase64(_ text: String, _ encoded: String) {
    #expect(Base64.encode(Array(text.utf8)) == encoded)
  }

  @Test func theCharactersBeyondLettersAreThoseOfPlainBase64() {
    #expect(Base64.encode([0xFB, 0xFF, 0xFE]) == "+//+")
  }
}
