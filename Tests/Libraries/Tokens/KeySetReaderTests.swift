import Crypto
import JSON
import Testing
import Tokens

@Suite struct KeySetReaderTests {
  private static let rsa = #""kty":"RSA","n":"\#(Vectors.rs256Modulus)","e":"AQAB""#
  private static let ec =
    #""kty":"EC","crv":"P-256","x":"\#(Vectors.es256X)","y":"\#(Vectors.es256Y)""#
  private static let okp = #""kty":"OKP","crv":"Ed25519","x":"\#(Vectors.edDSAPoint)""#

  private static func read(_ entries: String...) throws(KeySetError) -> [TokenKey] {
    try KeySetReader.read(
      Array(#"{"keys":[\#(entries.map { "{\($0)}" }.joined(separator: ","))]}"#.utf8)
    ).keys
  }

  @Test func keysOfAllKindsAreReadWithTheirNames() throws {
    let keys = try Self.read(
      Self.rsa + #","kid":"a","use":"sig","alg":"RS256""#, Self.ec + #","kid":"b""#,
      Self.okp + #","key_ops":["verify"],"x5t":"AAAA","extra":{"y":[1]}"#)
    #expect(keys.map(\.algorithm) == [.rs256, .es256, .edDSA])
    #expect(keys.map(\.identifier) == ["a", "b", nil])
  }

  @Test(arguments: [
    rsa + #","use":"enc""#, rsa + #","alg":"RSA-OAEP""#, rsa + #","alg":"RS512""#,
    rsa + #","alg":"HS256""#, rsa + #","key_ops":["encrypt"]"#, rsa + #","kid":7"#,
    ec + #","alg":"RS256""#, #""kty":"oct","k":"\#(Vectors.hs256Secret)""#,
    #""kty":"oct","alg":"HS256","kid":"k","k":"\#(Vectors.hs256Secret)""#,
    #""kty":"EC","crv":"P-384","x":"AA","y":"AA""#, #""kty":"OKP","crv":"X25519","x":"AA""#,
    #""kty":"EC","crv":"P-256","x":"\#(Vectors.es256X)""#, #""kty":"XYZ""#, "",
    #""kty":"EC","crv":"P-256","x":"\#(Vectors.es256X)","y":"\#(Vectors.es256X)""#,
    #""kty":"RSA","n":"\#(Vectors.rs256Modulus)=","e":"AQAB""#,
    #""kty":"RSA","n":"\#(Vectors.edDSAPoint)","e":"AQAB""#,
    #""kty":"RSA","n":"\#(Vectors.rs256Modulus)","e":"AA""#, #""kty":"OKP","crv":"Ed25519","x":7"#,
  ])
  func aKeyThatIsNotForUsIsLeftOut(entry: String) throws {
    #expect(try Self.read(entry, Self.okp).map(\.algorithm) == [.edDSA])
    #expect(throws: KeySetError.noUsableKey(skipped: 1)) { try Self.read(entry) }
  }

  @Test(arguments: [
    "[]", "{}", #"{"keys":{}}"#, #"{"keys":[1]}"#, #"{"keys":null}"#, #"{"keys":["{}"]}"#,
  ])
  func aDocumentOfAnotherShapeIsNoSet(document: String) {
    #expect(throws: KeySetError.notKeySet) { try KeySetReader.read(Array(document.utf8)) }
  }

  @Test(arguments: [
    "", "<html>", #"{"keys":[],"keys":[]}"#,
    #"{"keys":[{"kty":"RSA","kty":"EC"}]}"#, String(repeating: "[", count: 1000),
  ])
  func whatIsNoJSONIsNoSet(document: String) {
    let error = #expect(throws: KeySetError.self) {
      try KeySetReader.read(Array(document.utf8))
    }
    guard case .notJSON = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func aSetWithoutKeysIsNoSet() {
    #expect(throws: KeySetError.noUsableKey(skipped: 0)) {
      try KeySetReader.read(Array(#"{"keys":[]}"#.utf8))
    }
  }

  @Test func theLimitsHold() throws {
    let many = [String](repeating: "{\(Self.okp)}", count: KeySetReader.keysMax)
    let most = #"{"keys":[\#(many.joined(separator: ","))]}"#
    #expect(try KeySetReader.read(Array(most.utf8)).keys.count == KeySetReader.keysMax)
    let more = #"{"keys":[\#((many + many).joined(separator: ","))]}"#
    #expect(throws: KeySetError.tooManyKeys) { try KeySetReader.read(Array(more.utf8)) }
    let long = [UInt8](repeating: 0x20, count: KeySetReader.bytesMax + 1)
    #expect(throws: KeySetError.tooLarge) { try KeySetReader.read(long) }
  }
}
