//! Codes people scan: our own, and how others' are normalised.
//!
//! An own code is the letter `U`, a number in Crockford's base 32 (<https://www.crockford.com/base32.html>: no I, L, O, U)
//! of at least four digits, and one check digit of the same alphabet: `U1000-M` is printed, `U1000M` is in the symbol.
//! `U` is outside the alphabet, so that no digit can stand in for it.
//!
//! The check digit makes `Σ αⁱ·dᵢ = 0` over GF(2⁵), α a generator (polynomial x⁵+x²+1), i counted from the check digit:
//! a one-symbol Reed–Solomon code (Reed & Solomon 1960). Every weight is non-zero, so every single wrong digit shows;
//! neighbouring weights differ, so every swap of neighbours shows. Tested below over all of them.

use std::fmt;

use thiserror::Error;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX: char = 'U';

/// A code of our own, checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OwnCode(String);

/// Why a text is not one of our codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CodeError {
    #[error("is not written like one of our codes")]
    NotOurs,
    #[error("has a wrong check character: was it misread?")]
    Check,
}

impl OwnCode {
    /// The code for the `number`th label.
    pub fn from_number(number: u64) -> Self {
        let mut digits = Vec::new();
        let mut rest = number;
        while rest > 0 || digits.len() < 4 {
            digits.push((rest % 32) as u8);
            rest /= 32;
        }
        digits.reverse();
        let sum = weighted_sum(&digits, 1);
        digits.push(sum); // weight α⁰ = 1, and addition is its own inverse
        Self(digits.iter().map(|&d| char::from(ALPHABET[usize::from(d)])).collect())
    }

    /// Reads what was typed or scanned: any case, hyphens and spaces ignored, I and L read as 1, O as 0.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let mut letters = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        if letters.next().map(|c| c.to_ascii_uppercase()) != Some(PREFIX) {
            return Err(CodeError::NotOurs);
        }
        let digits = letters.map(digit).collect::<Option<Vec<u8>>>().ok_or(CodeError::NotOurs)?;
        if !(5..=14).contains(&digits.len()) {
            return Err(CodeError::NotOurs);
        }
        if weighted_sum(&digits, 0) != 0 {
            return Err(CodeError::Check);
        }
        Ok(Self(digits.iter().map(|&d| char::from(ALPHABET[usize::from(d)])).collect()))
    }

    /// As stored and encoded in the symbol: `U1000M`.
    pub fn normalised(&self) -> String {
        format!("{PREFIX}{}", self.0)
    }
}

impl fmt::Display for OwnCode {
    /// As printed for people: `U1000-M`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (body, check) = self.0.split_at(self.0.len() - 1);
        write!(f, "{PREFIX}{body}-{check}")
    }
}

/// How a stored own code is shown; any other code is shown as it is.
pub fn shown(normalised: &str) -> String {
    OwnCode::parse(normalised).map_or_else(|_| normalised.to_owned(), |code| code.to_string())
}

/// Any code, as it is stored and looked up: without surrounding blanks and control characters, and our own and other
/// systems' identifiers without regard to case.
pub fn normalise(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let text = text.trim();
    if let Ok(own) = OwnCode::parse(text) {
        return own.normalised();
    }
    gtin14(text).unwrap_or_else(|| text.to_uppercase())
}

/// EAN-8, UPC-A, EAN-13 or GTIN-14 with a right check digit, as GTIN-14 (GS1 General Specifications, 7.9).
pub fn gtin14(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if !matches!(digits.len(), 8 | 12 | 13 | 14) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let sum: u32 =
        digits.bytes().rev().enumerate().map(|(i, b)| u32::from(b - b'0') * if i % 2 == 1 { 3 } else { 1 }).sum();
    sum.is_multiple_of(10).then(|| format!("{digits:0>14}"))
}

fn digit(letter: char) -> Option<u8> {
    let letter = match letter.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    let byte = u8::try_from(letter).ok()?;
    ALPHABET.iter().position(|&a| a == byte).map(|i| i as u8)
}

/// `Σ α^(i + first)·dᵢ` over GF(2⁵), i counted from the right.
fn weighted_sum(digits: &[u8], first: u32) -> u8 {
    let mut sum = 0;
    let mut weight = (0..first).fold(1, |w, _| double(w));
    for &d in digits.iter().rev() {
        sum ^= multiply(d, weight);
        weight = double(weight);
    }
    sum
}

fn double(x: u8) -> u8 {
    let shifted = x << 1;
    if shifted & 0b10_0000 == 0 { shifted } else { shifted ^ 0b10_0101 }
}

fn multiply(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b > 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a = double(a);
        b >>= 1;
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_as_it_was_made() {
        for number in [0, 1, 32_768, 1_048_575, 1_048_576, 40_000_000_000] {
            let code = OwnCode::from_number(number);
            assert_eq!(OwnCode::parse(&code.to_string()), Ok(code.clone()));
            assert_eq!(OwnCode::parse(&code.normalised().to_lowercase()), Ok(code));
        }
    }

    #[test]
    fn every_single_wrong_character_is_caught() {
        for number in (0..40_000).step_by(37).chain([33_554_432]) {
            let code = OwnCode::from_number(number).normalised();
            for at in 0..code.len() {
                for wrong in ALPHABET.iter().chain(b"U").map(|&b| char::from(b)) {
                    if code[at..].starts_with(wrong) {
                        continue;
                    }
                    let bad = format!("{}{wrong}{}", &code[..at], &code[at + 1..]);
                    assert!(OwnCode::parse(&bad).is_err(), "{code} read as {bad}");
                }
            }
        }
    }

    #[test]
    fn every_swap_of_neighbours_is_caught() {
        for number in 0..40_000 {
            let code: Vec<char> = OwnCode::from_number(number).normalised().chars().collect();
            for at in 0..code.len() - 1 {
                if code[at] == code[at + 1] {
                    continue;
                }
                let mut bad = code.clone();
                bad.swap(at, at + 1);
                assert!(OwnCode::parse(&bad.iter().collect::<String>()).is_err(), "{code:?} at {at}");
            }
        }
    }

    #[test]
    fn gtins_are_checked_and_widened() {
        assert_eq!(gtin14("4006381333931").as_deref(), Some("04006381333931"));
        assert_eq!(gtin14("036000291452").as_deref(), Some("00036000291452"));
        assert_eq!(gtin14("73513537").as_deref(), Some("00000073513537"));
        assert_eq!(gtin14("4006381333932"), None);
        assert_eq!(gtin14("12345"), None);
    }

    #[test]
    fn other_codes_lose_case_and_blanks_only() {
        assert_eq!(normalise(" abc-12\r\n"), "ABC-12");
        let own = OwnCode::from_number(32_768);
        assert_eq!(normalise(&own.to_string().to_lowercase()), own.normalised());
    }
}
