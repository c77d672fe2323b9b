import Core
import Testing

@Suite struct IPAddressTests {
  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
    ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
    ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("1:0:0:0:0:0:0:0", "1::"),
    ("::ffff:192.0.2.1", "192.0.2.1"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("::ffff:0:0", "0.0.0.0"),
    ("fe80::0001", "fe80::1"),
  ])
  func anAddressIsReadAndWritten(_ text: String, _ canonical: String) {
    #expect(IPAddress(text)?.description == canonical)
  }

  @Test(arguments: [
    "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1.2.3.-4", "+1.2.3.4",
    "1.2.3.4 ", " 1.2.3.4", "1..2.3", ":", ":::", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
    "1::2::3", "12345::", "g::", "1:2:3:4:5:6:7::8", "::1%eth0", "[::1]", "1.2.3.4::",
    "::1.2.3", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", "::+1", "unix", "localhost",
    "0000:0000:0000:0000:0000:0000:0000:0000:0000",
  ])
  func anythingElseIsNone(_ text: String) { #expect(IPAddress(text) == nil) }

  @Test func bothFormsOfVersion4AreOne() {
    #expect(IPAddress("::ffff:192.0.2.1") == IPAddress("192.0.2.1"))
    #expect(IPAddress("192.0.2.1")?.isVersion4 == true)
    #expect(IPAddress("::1")?.isVersion4 == false)
  }

  @Test(arguments: [
    ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
    ("10.0.0.0/8", "::1", false), ("0.0.0.0/0", "192.0.2.1", true),
    ("0.0.0.0/0", "2001:db8::1", false), ("192.0.2.1", "192.0.2.1", true),
    ("192.0.2.1/32", "192.0.2.2", false), ("fd00::/8", "fdff::1", true),
    ("fd00::/8", "fe00::1", false), ("2001:db8::/64", "2001:db8::ffff:1", true),
    ("2001:db8::/65", "2001:db8::8000:0:0:1", false), ("::/0", "2001:db8::1", true),
    ("::ffff:10.0.0.0/104", "10.1.2.3", true), ("::1", "::1", true),
  ])
  func aRangeHoldsWhatBeginsLikeIt(_ range: String, _ address: String, _ isIn: Bool) throws {
    #expect(IPRange(range)?.contains(try #require(IPAddress(address))) == isIn)
  }

  @Test(arguments: [
    "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/+8", "::/129",
    "10.0.0.1/8", "2001:db8::1/64", "10.0.0.0/8/8", "10.0.0.0/8.0", "example.com/8",
  ])
  func anythingElseIsNoRange(_ text: String) { #expect(IPRange(text) == nil) }
}
