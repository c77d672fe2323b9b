import Crypto
import Testing

/// FIPS 180's examples, as far as a UUID takes them.
@Suite struct SHA1Tests {
  @Test func oneValueGivesOneDigestAfterTheOther() {
    var sha1 = SHA1()
    let empty = sha1.finish()
    sha1.update(Array("a".utf8).span)
    sha1.update(Array("bc".utf8).span)
    let abc = sha1.finish()
    let emptyAgain = sha1.finish()
    #expect(empty == SHA1.Digest(high: 0xda39_a3ee_5e6b_4b0d, low: 0x3255_bfef_9560_1890))
    #expect(abc == SHA1.Digest(high: 0xa999_3e36_4706_816a, low: 0xba3e_2571_7850_c26c))
    #expect(emptyAgain == empty)
  }
}
