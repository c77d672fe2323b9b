import Crypto
import Testing

@Suite struct SHA256Tests {
  /// The examples of FIPS 180-4, and the digest of nothing.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func aTextHasItsPublishedDigest(text: String, digest: String) {
    #expect(SHA256.hexadecimal(text) == digest)
    #expect(Hexadecimal.encode(SHA256.hash(Array(text.utf8))) == digest)
  }

  @Test func aMillionLettersHaveTheirPublishedDigest() {
    var digest = SHA256()
    let thousand = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
    for _ in 0..<1000 { digest.update(thousand) }
    #expect(
      Hexadecimal.encode(digest.finish())
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test(arguments: [0, 1, 55, 56, 63, 64, 65, 127, 128, 129])
  func partsDigestLikeTheWhole(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var digest = SHA256()
    digest.update([])
    for byte in bytes { digest.update([byte]) }
    #expect(digest.finish() == SHA256.hash(bytes))
  }

  @Test func everyByteIsTwoLowerCaseDigits() {
    #expect(Hexadecimal.encode([]) == "")
    #expect(Hexadecimal.encode([0, 0x0F, 0xF0, 0xFF, 0xAB]) == "000ff0ffab")
  }

  @Test func randomBytesDifferFromEachOther() {
    #expect(RandomBytes.make(0).isEmpty)
    let drawn = (0..<100).map { _ in RandomBytes.make(16) }
    #expect(Set(drawn).count == 100)
    #expect(drawn.allSatisfy { $0.count == 16 })
  }
}
