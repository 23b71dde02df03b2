//! From a script's text to directives, and from a directive's module to a binary.

use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, QuoteWatTest, Wat};

/// Splits a text into tokens. The scripts contain characters that look like others, on purpose.
///
/// # Errors
///
/// The text is not made of tokens.
pub fn tokens(text: &str) -> Result<ParseBuffer<'_>, wast::Error> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    ParseBuffer::new_with_lexer(lexer)
}

/// The binary form of a module that a script spells out in text, in text as strings, or in binary as strings.
///
/// # Errors
///
/// The text is malformed.
pub fn binary(module: &mut QuoteWat<'_>) -> Result<Vec<u8>, String> {
    match module.to_test().map_err(|error| error.message())? {
        QuoteWatTest::Binary(bytes) => Ok(bytes),
        QuoteWatTest::Text(text) => {
            let text = String::from_utf8(text).map_err(|_| "malformed UTF-8 encoding".to_string())?;
            let tokens = tokens(&text).map_err(|error| error.message())?;
            let mut module = parser::parse::<Wat<'_>>(&tokens).map_err(|error| error.message())?;
            encode(&mut module)
        }
    }
}

/// The binary form of a module in text.
///
/// # Errors
///
/// The text is malformed, or is a component.
pub fn encode(module: &mut Wat<'_>) -> Result<Vec<u8>, String> {
    match module {
        Wat::Module(module) => module.encode().map_err(|error| error.message()),
        Wat::Component(_) => Err("components are not supported".into()),
    }
}
