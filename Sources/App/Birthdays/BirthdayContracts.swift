import JSON

/// What is promised about birthdays.
enum BirthdayContracts {
  static let tag = Tag(name: "Birthdays", summary: "How many days until somebody's birthday.")

  private static let username = Parameter.path(
    "username", .string(1...Username.lengthMax, .username), example: "Anna",
    "Under which name; upper and lower case differ.")

  private static let birthday = Schema.object(
    ObjectSchema(
      "Birthday",
      [.init("dateOfBirth", .date, "A day before today.")]))

  private static let greeting = Schema.object(
    ObjectSchema(
      "Greeting",
      [
        .init(
          "message", .string(Schema.anyLength),
          "The number of days, or the congratulation on the day itself.")
      ]))

  static let put = Contract(
    id: "putBirthday", tag: tag, summary: "Keep a birthday, in place of an earlier one.",
    access: .write, parameters: [username],
    body: .json(birthday, example: #"{"dateOfBirth":"1990-04-17"}"#),
    answers: [Answer(204, "The birthday is kept.")],
    failures: [
      Failure(
        400, "The name has anything but letters.", .parameter("username", "Ann4")),
      Failure(
        400, "The day is no day of the calendar.", .body(#"{"dateOfBirth":"1990-02-29"}"#)),
      Failure(
        400, "The day is not before today.", .body(#"{"dateOfBirth":"9999-12-31"}"#)),
    ],
    isLegacy: true)

  static let get = Contract(
    id: "getBirthday", tag: tag, summary: "Tell how many days are left.",
    notes: """
      A birthday on 29 February is kept on 28 February in common years, or on 1 March where the \
      service is configured so.
      """,
    access: .read, parameters: [username],
    answers: [
      Answer(
        200, "The greeting.",
        .json(greeting, example: ["message": "Hello, Anna! Your birthday is in 5 day(s)"]))
    ],
    failures: [
      Failure(404, "Nothing is kept under the name.", .parameter("username", "Nobody"))
    ],
    isLegacy: true)
}

extension TextFormat {
  static let username = TextFormat(
    pattern: "^[A-Za-z]{1,\(Username.lengthMax)}$",
    words: "1 to \(Username.lengthMax) letters from A to Z or a to z"
  ) { Username($0) != nil }
}
