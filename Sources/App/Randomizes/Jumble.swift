/// Puts the characters of a word in a random order.
///
/// A character is what a reader sees as one: a letter with its accents, a flag, a family, CR LF.
/// The result always has the characters of the word, each as often. Some can not stand in any
/// order: behind another letter a lone accent joins it, and one half of a flag takes the nearest
/// other half. An order in which neighbours join is drawn again, so that every order of the rest is
/// as likely as any other. Where next to no order is left, as with a row of half flags, the word
/// may come out as it went in.
enum Jumble {
  /// How often an order is drawn before the word stays as it is.
  static let drawsMax = 64

  /// The characters of `word` in another order; the same one may come out by chance.
  static func of(_ word: String, using generator: inout some RandomNumberGenerator) -> String {
    var characters = Array(word)
    for _ in 0..<drawsMax {
      characters.shuffle(using: &generator)
      let jumbled = String(characters)
      if keepsApart(characters, in: jumbled) { return jumbled }
    }
    return word
  }

  /// The same by the system's generator.
  static func of(_ word: String) -> String {
    var generator = SystemRandomNumberGenerator()
    return of(word, using: &generator)
  }

  /// Whether `text`, which `characters` make up, is read as these again: the bytes are the same, so
  /// the borders decide.
  private static func keepsApart(_ characters: [Character], in text: String) -> Bool {
    text.count == characters.count
      && zip(text, characters).allSatisfy { $0.utf8.count == $1.utf8.count }
  }
}
