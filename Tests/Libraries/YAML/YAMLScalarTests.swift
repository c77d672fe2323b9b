import Testing
import YAML

/// What plain scalars mean.
struct YAMLScalarTests {
  @Test(
    arguments: [
      ("", .null), ("~", .null), ("null", .null), ("true", .boolean(true)),
      ("False", .boolean(false)),
      ("0", .integer(0)), ("-12", .integer(-12)), ("+3", .integer(3)), ("0x1F", .integer(31)),
      ("0o17", .integer(15)), ("1.5", .real(1.5)), ("1e3", .real(1000)), (".5", .real(0.5)),
      ("5.", .real(5)), ("-.inf", .real(-.infinity)), ("6.02e+23", .real(6.02e23)),
      ("no", .string("no")), ("on", .string("on")), ("Yes", .string("Yes")),
      ("012", .string("012")),
      ("1_000", .string("1_000")), ("0x", .string("0x")), ("1e", .string("1e")),
      (".", .string(".")),
      ("-", .string("-")), ("1.2.3", .string("1.2.3")), ("12:30", .string("12:30")),
      ("99999999999999999999", .string("99999999999999999999")), ("10s", .string("10s")),
      ("980044e75049", .string("980044e75049")), ("-1.5e309", .string("-1.5e309")),
    ] as [(String, YAMLScalar.Kind)])
  func aPlainScalarMeans(_ text: String, _ kind: YAMLScalar.Kind) {
    #expect(YAMLScalar(text, style: .plain).kind == kind)
  }

  @Test func whatIsQuotedIsAText() throws {
    let node = try YAMLReader.read("['1', \"true\", '~']")
    #expect(node == .sequence([.string("1"), .string("true"), .string("~")]))
  }

  @Test func aTagOverridesTheStyle() throws {
    let node = try YAMLReader.read("[!!str 1, !!int '2', ! 3]")
    #expect(node == .sequence([.string("1"), .integer(2), .string("3")]))
  }

  @Test(arguments: [
    ("no", "YAML 1.2 reads 'no' as a text; write false"),
    ("On", "YAML 1.2 reads 'On' as a text; write true"),
  ])
  func aBooleanOfOldGetsAHint(_ text: String, _ hint: String) {
    #expect(YAMLScalar(text, style: .plain).booleanHint == hint)
  }

  @Test func aLeadingZeroGetsAHint() {
    #expect(
      YAMLScalar("012", style: .plain).integerHint
        == "readers of YAML differ on a leading zero; write 12")
    #expect(YAMLScalar("12", style: .singleQuoted).integerHint == "remove the quotes")
    #expect(YAMLScalar("twelve", style: .plain).integerHint == nil)
  }
}
