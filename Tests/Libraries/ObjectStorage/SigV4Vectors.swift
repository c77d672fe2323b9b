import HTTPClient

/// A request of a published test suite, and the signature that belongs to it.
struct SigV4Vector: Sendable, CustomStringConvertible {
  let name: String
  let method: String
  let path: String
  var query: [(name: String, value: String)] = []
  /// Those beside `Host` and `X-Amz-Date`.
  var headers: [HTTPHeader] = []
  var body = ""
  let signature: String

  var description: String { name }

  /// Of AWS's test suite those that do not ask for paths to be tidied up, which S3 does not do: key
  /// `AKIDEXAMPLE`, service `service`, region `us-east-1`, 2015-08-30T12:36:00Z.
  ///
  /// https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite
  static let suite: [SigV4Vector] = [
    SigV4Vector(
      name: "get-header-key-duplicate", method: "GET", path: "/",
      headers: [
        HTTPHeader("My-Header1", "value2"), HTTPHeader("My-Header1", "value2"),
        HTTPHeader("My-Header1", "value1"),
      ], signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
    SigV4Vector(
      name: "get-header-value-multiline", method: "GET", path: "/",
      headers: [HTTPHeader("My-Header1", "value1\n  value2\n     value3")],
      signature: "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd"),
    SigV4Vector(
      name: "get-header-value-order", method: "GET", path: "/",
      headers: [
        HTTPHeader("My-Header1", "value4"), HTTPHeader("My-Header1", "value1"),
        HTTPHeader("My-Header1", "value3"), HTTPHeader("My-Header1", "value2"),
      ], signature: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"),
    SigV4Vector(
      name: "get-header-value-trim", method: "GET", path: "/",
      headers: [HTTPHeader("My-Header1", " value1"), HTTPHeader("My-Header2", " \"a   b   c\"")],
      signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
    SigV4Vector(
      name: "get-relative-relative-unnormalized", method: "GET", path: "/example1/example2/../..",
      signature: "dc33e0856fd4baca4d7aa2146c38958283844764f38c74252a333df5e613003b"),
    SigV4Vector(
      name: "get-relative-unnormalized", method: "GET", path: "/example/..",
      signature: "eca7ead57bb5aa5c8e28007acd4ff04e1ff9a0ff3b237ec1554a184887ff9282"),
    SigV4Vector(
      name: "get-slash-dot-slash-unnormalized", method: "GET", path: "/./",
      signature: "68714168e6557f8f2de0ef956fc24dc2593a4bd2961f8df51898d8a134695145"),
    SigV4Vector(
      name: "get-slash-pointless-dot-unnormalized", method: "GET", path: "/./example",
      signature: "beb03f223f7deae4146464f06e29eebbee9c8afbe15c290cf07aa8b119e14cff"),
    SigV4Vector(
      name: "get-slash-unnormalized", method: "GET", path: "//",
      signature: "c88bcd3d312d75078c0cd961d6deae3f4c754924b01669efcfcb439fd5e5b76e"),
    SigV4Vector(
      name: "get-slashes-unnormalized", method: "GET", path: "//example//",
      signature: "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5"),
    SigV4Vector(
      name: "get-space-unnormalized", method: "GET", path: "/example space/",
      signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"),
    SigV4Vector(
      name: "get-unreserved", method: "GET",
      path: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
      signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
    SigV4Vector(
      name: "get-utf8", method: "GET", path: "/ሴ",
      signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    SigV4Vector(
      name: "get-vanilla", method: "GET", path: "/",
      signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    SigV4Vector(
      name: "get-vanilla-empty-query-key", method: "GET", path: "/", query: [("Param1", "value1")],
      signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),
    SigV4Vector(
      name: "get-vanilla-query", method: "GET", path: "/",
      signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    SigV4Vector(
      name: "get-vanilla-query-order-encoded", method: "GET", path: "/",
      query: [("Param-3", "Value3"), ("Param", "Value2"), ("ሴ", "Value1")],
      signature: "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"),
    SigV4Vector(
      name: "get-vanilla-query-order-key-case", method: "GET", path: "/",
      query: [("Param2", "value2"), ("Param1", "value1")],
      signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    SigV4Vector(
      name: "get-vanilla-query-unreserved", method: "GET", path: "/",
      query: [
        (
          "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
          "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        )
      ], signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"),
    SigV4Vector(
      name: "get-vanilla-utf8-query", method: "GET", path: "/", query: [("ሴ", "bar")],
      signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
    SigV4Vector(
      name: "get-vanilla-with-session-token", method: "GET", path: "/",
      headers: [
        HTTPHeader(
          "X-Amz-Security-Token", "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"
        )
      ], signature: "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"),
    SigV4Vector(
      name: "post-header-key-case", method: "POST", path: "/",
      signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    SigV4Vector(
      name: "post-header-key-sort", method: "POST", path: "/",
      headers: [HTTPHeader("My-Header1", "value1")],
      signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"),
    SigV4Vector(
      name: "post-header-value-case", method: "POST", path: "/",
      headers: [HTTPHeader("My-Header1", "VALUE1")],
      signature: "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"),
    SigV4Vector(
      name: "post-sts-header-after", method: "POST", path: "/",
      signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    SigV4Vector(
      name: "post-sts-header-before", method: "POST", path: "/",
      headers: [HTTPHeader("X-Amz-Security-Token", longToken)],
      signature: "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"),
    SigV4Vector(
      name: "post-vanilla", method: "POST", path: "/",
      signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    SigV4Vector(
      name: "post-vanilla-empty-query-value", method: "POST", path: "/",
      query: [("Param1", "value1")],
      signature: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"),
    SigV4Vector(
      name: "post-vanilla-query", method: "POST", path: "/", query: [("Param1", "value1")],
      signature: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"),
    SigV4Vector(
      name: "post-x-www-form-urlencoded", method: "POST", path: "/",
      headers: [
        HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
        HTTPHeader("Content-Length", "13"),
        HTTPHeader(
          "X-Amz-Content-Sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"
        ),
      ], body: "Param1=value1",
      signature: "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"),
    SigV4Vector(
      name: "post-x-www-form-urlencoded-parameters", method: "POST", path: "/",
      headers: [
        HTTPHeader("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
        HTTPHeader("Content-Length", "13"),
        HTTPHeader(
          "X-Amz-Content-Sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"
        ),
      ], body: "Param1=value1",
      signature: "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422"),
  ]

  private static let longToken = """
    AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwA\
    eMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8p\
    hUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT\
    38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabI\
    Qwj2ICCR/oLxBA==
    """
}
