import CExpat

/// Strict reading of XML into a tree, by expat.
///
/// A document type ends the reading before anything is defined, so that there are no entities but
/// the five of XML itself; nothing outside of the text is ever read.
/// https://libexpat.github.io/doc/
public enum XMLReader {
  /// What a text may have.
  public struct Limits: Sendable {
    /// Most bytes of the text.
    public var bytesMax = 16 * 1024 * 1024
    /// Most elements within each other.
    public var depthMax = 16
    /// Most elements altogether.
    public var elementsMax = 100_000

    /// The limits for an answer of a server.
    public init() {}
  }

  /// The element that makes up all of `bytes`.
  public static func read(
    _ bytes: [UInt8], limits: Limits = Limits()
  ) throws(XMLError) -> XMLElement {
    guard bytes.count <= limits.bytesMax else {
      throw XMLError(.limit(.bytes, limits.bytesMax), line: 1)
    }
    return try Parsing(limits).run(bytes)
  }
}

/// One text on its way into a tree.
///
/// The parser points back to this object, which lives as long as the call that uses it.
@safe
private final class Parsing {
  private let parser: XML_Parser
  private let limits: XMLReader.Limits
  private var open: [XMLElement] = []
  private var root: XMLElement?
  private var elements = 0
  private var failure: XMLError?

  init(_ limits: XMLReader.Limits) {
    // A name of an encoding in the text is not followed: what we read is UTF-8.
    guard let parser = unsafe XML_ParserCreate("UTF-8") else { preconditionFailure("no memory") }
    unsafe self.parser = unsafe parser
    self.limits = limits
  }

  deinit { unsafe XML_ParserFree(parser) }

  func run(_ bytes: [UInt8]) throws(XMLError) -> XMLElement {
    unsafe XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
    unsafe XML_SetElementHandler(parser, elementBegins, elementEnds)
    unsafe XML_SetCharacterDataHandler(parser, textComes)
    unsafe XML_SetStartDoctypeDeclHandler(parser, doctypeBegins)
    let status = unsafe bytes.withUnsafeBytes { buffer in
      unsafe XML_Parse(
        parser, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count), 1)
    }
    if let failure { throw failure }
    guard status == XML_STATUS_OK, let root else {
      let words = unsafe XML_ErrorString(XML_GetErrorCode(parser))
      throw XMLError(
        .malformed(unsafe words.map { unsafe String(cString: $0) } ?? "no XML"), line: line)
    }
    return root
  }

  private var line: Int { unsafe Int(XML_GetCurrentLineNumber(parser)) }

  func begin(_ name: String) {
    elements += 1
    if elements > limits.elementsMax { return stop(.limit(.elements, limits.elementsMax)) }
    if open.count >= limits.depthMax { return stop(.limit(.depth, limits.depthMax)) }
    let local = name.lastIndex(of: ":").map { String(name[name.index(after: $0)...]) } ?? name
    open.append(XMLElement(name: local))
  }

  func end() {
    guard let element = open.popLast() else { return }
    if open.isEmpty {
      root = element
    } else {
      open[open.count - 1].children.append(element)
    }
  }

  func take(_ text: String) {
    if !open.isEmpty { open[open.count - 1].text += text }
  }

  func stop(_ reason: XMLError.Reason) {
    if failure == nil { failure = XMLError(reason, line: line) }
    unsafe XML_StopParser(parser, XML_Bool(0))
  }
}

private func parsing(_ context: UnsafeMutableRawPointer?) -> Parsing? {
  unsafe context.map { unsafe Unmanaged<Parsing>.fromOpaque($0).takeUnretainedValue() }
}

private func elementBegins(
  _ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<XML_Char>?,
  _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
) {
  guard let name = unsafe name else { return }
  unsafe parsing(context)?.begin(String(cString: name))
}

private func elementEnds(_ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<XML_Char>?) {
  unsafe parsing(context)?.end()
}

private func textComes(
  _ context: UnsafeMutableRawPointer?, _ text: UnsafePointer<XML_Char>?, _ length: Int32
) {
  let bytes = unsafe UnsafeRawBufferPointer(start: text, count: Int(length))
  unsafe parsing(context)?.take(String(decoding: bytes, as: UTF8.self))
}

private func doctypeBegins(
  _ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<XML_Char>?,
  _ system: UnsafePointer<XML_Char>?, _ publicName: UnsafePointer<XML_Char>?,
  _ hasInternalSubset: Int32
) {
  unsafe parsing(context)?.stop(.doctype)
}
