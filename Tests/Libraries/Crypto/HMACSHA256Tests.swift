import Crypto
import Testing

@Suite struct HMACSHA256Tests {
  /// The cases 1, 2 and 6 of RFC 4231: a short key, a shorter one, one longer than a block.
  @Test(arguments: [
    (
      [UInt8](repeating: 0x0B, count: 20), "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xAA, count: 131),
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
  ])
  func aMessageHasItsPublishedCode(key: [UInt8], message: String, code: String) {
    let made = HMACSHA256.code(of: Array(message.utf8), key: key)
    #expect(Hexadecimal.encode(made) == code)
    #expect(HMACSHA256.isValid(made, of: Array(message.utf8), key: key))
  }

  @Test func anEmptyMessageAndAnEmptyKeyHaveACodeToo() {
    #expect(
      Hexadecimal.encode(HMACSHA256.code(of: [], key: []))
        == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
  }

  @Test func aChangedOrCutCodeIsNotValid() {
    let code = HMACSHA256.code(of: [1, 2, 3], key: [4])
    for index in code.indices {
      var changed = code
      changed[index] ^= 1
      #expect(!HMACSHA256.isValid(changed, of: [1, 2, 3], key: [4]))
    }
    #expect(!HMACSHA256.isValid(Array(code.dropLast()), of: [1, 2, 3], key: [4]))
    #expect(!HMACSHA256.isValid([], of: [1, 2, 3], key: [4]))
  }

  @Test func equalBytesAreEqualInConstantTime() {
    #expect(ConstantTime.areEqual([], []))
    #expect(ConstantTime.areEqual([1, 2], [1, 2]))
    #expect(!ConstantTime.areEqual([1, 2], [1, 3]))
    #expect(!ConstantTime.areEqual([1, 2], [1, 2, 3]))
  }
}
