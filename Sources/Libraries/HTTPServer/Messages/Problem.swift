import JSON

/// A failure told to the client (RFC 9457), thrown by handlers.
public struct Problem: Error, Sendable, Equatable {
  /// What is wrong with one field of the request.
  public struct FieldError: Sendable, Equatable {
    /// A JSON pointer into the body, or `#/query/name` and the like.
    public let pointer: String
    /// What is wrong, in words.
    public let detail: String

    /// An error of the field at `pointer`.
    public init(pointer: String, detail: String) {
      self.pointer = pointer
      self.detail = detail
    }
  }

  /// A name of the kind of problem; `about:blank` where the status says it all.
  public var type: String
  /// A short sentence, the same for every problem of the type.
  public var title: String
  /// The status code.
  public var status: Int
  /// What happened this time.
  public var detail: String?
  /// Where it happened; the server fills in the path.
  public var instance: String?
  /// The fields that are wrong.
  public var errors: [FieldError]
  /// Headers that belong to the answer, such as `Retry-After`.
  public var headers: [Header]

  /// A header of the answer.
  public struct Header: Sendable, Equatable {
    /// The name.
    public let name: String
    /// The value.
    public let value: String

    /// A header called `name`.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A problem; `title` defaults to the words of the status.
  public init(
    status: Int, type: String = "about:blank", title: String? = nil, detail: String? = nil,
    instance: String? = nil, errors: [FieldError] = [], headers: [Header] = []
  ) {
    self.type = type
    self.title = title ?? StatusPhrase.of(status)
    self.status = status
    self.detail = detail
    self.instance = instance
    self.errors = errors
    self.headers = headers
  }

  /// The body, `application/problem+json`.
  public var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { members in
      members.member("type", type)
      members.member("title", title)
      members.name("status")
      members.integer(status)
      if let detail { members.member("detail", detail) }
      if let instance { members.member("instance", instance) }
      guard !errors.isEmpty else { return }
      members.name("errors")
      members.array { list in
        for error in errors {
          list.object {
            $0.member("pointer", error.pointer)
            $0.member("detail", error.detail)
          }
        }
      }
    }
    return writer.bytes
  }
}

extension Response {
  /// The answer that tells `problem`.
  public static func problem(_ problem: Problem) -> Response {
    var response = bytes(
      problem.json, contentType: "application/problem+json", status: problem.status)
    for header in problem.headers { response.headers.append(header.name, header.value) }
    return response
  }
}
