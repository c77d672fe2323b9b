import Testing
import XML

struct XMLReaderTests {
  private func read(_ text: String) throws(XMLError) -> XMLElement {
    try XMLReader.read(Array(text.utf8))
  }

  @Test func elementsTextAndTheFiveEntitiesAreRead() throws {
    let root = try read(
      "<?xml version='1.0'?>\n<s3:List xmlns:s3='urn:x'><Key>a&amp;b &lt;&#233;</Key><Key/>"
        + "</s3:List>"
    )
    #expect(root.name == "List")
    #expect(root.all("Key").map(\.text) == ["a&b <é", ""])
    #expect(root["Nothing"] == nil)
  }

  @Test func aDocumentTypeIsRefusedBeforeItsEntitiesAreKnown() {
    let text = "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>\n<a>&b;</a>"
    #expect { try read(text) } throws: { ($0 as? XMLError)?.reason == .doctype }
  }

  @Test func aBillionLaughsAreRefused() {
    let text = "<!DOCTYPE a [<!ENTITY b 'x'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>"
    #expect { try read(text) } throws: { ($0 as? XMLError)?.reason == .doctype }
  }

  @Test func depthElementsAndLengthAreBounded() {
    let deep =
      String(repeating: "<a>", count: 17) + String(repeating: "</a>", count: 17)
    #expect { try read(deep) } throws: { ($0 as? XMLError)?.reason == .limit(.depth, 16) }
    var limits = XMLReader.Limits()
    limits.elementsMax = 3
    limits.bytesMax = 30
    #expect {
      try XMLReader.read(Array("<a><b/><b/><b/></a>".utf8), limits: limits)
    } throws: { ($0 as? XMLError)?.reason == .limit(.elements, 3) }
    #expect {
      try XMLReader.read(Array(repeating: 32, count: 31), limits: limits)
    } throws: { ($0 as? XMLError)?.reason == .limit(.bytes, 30) }
  }

  @Test(arguments: ["", "<a>", "<a></b>", "{}", "<a/><b/>", "<a>\u{1}</a>", "<a>&nbsp;</a>"])
  func whatIsNotXMLIsRefusedWithItsLine(_ text: String) {
    #expect { try read(text) } throws: { error in
      guard let error = error as? XMLError, case .malformed = error.reason else { return false }
      return error.line == 1
    }
  }

  @Test func invalidUTF8IsRefused() {
    #expect(throws: XMLError.self) {
      try XMLReader.read(Array("<a>".utf8) + [0xFF] + Array("</a>".utf8))
    }
  }
}
