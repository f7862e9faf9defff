use proptest::prelude::*;

use super::*;

/// What a window does with a scanner in between: everything that arrived, as the screen sees it.
#[derive(Default)]
struct Bench {
    scanner: Scanner,
    scans: Vec<String>,
    typed: String,
    again: usize,
    /// The window was busy: the keys waited for it.
    busy: bool,
}

impl Bench {
    fn with(settings: Settings) -> Self {
        Self { scanner: Scanner::new(settings), ..Self::default() }
    }

    /// Keys with the milliseconds at which they come; whatever falls due in between is decided in time.
    fn run(mut self, keys: impl IntoIterator<Item = (Key, u64)>) -> Self {
        let mut last = Duration::ZERO;
        for (key, at) in keys {
            let at = Duration::from_millis(at);
            self.until(at);
            let text = key.text().to_owned();
            if self.scanner.press(key, at, self.busy) == Pressed::Pass {
                self.typed.push_str(&text);
            } else if self.scanner.due() == Some(Duration::ZERO) {
                self.decide(at);
            }
            last = at;
        }
        self.until(last + Duration::from_secs(5));
        self
    }

    fn until(&mut self, now: Duration) {
        while let Some(due) = self.scanner.due().filter(|due| *due <= now) {
            self.decide(due);
        }
    }

    fn decide(&mut self, now: Duration) {
        for decided in self.scanner.decide(now) {
            match decided {
                Decided::Scan(scan) => self.scans.push(scan.reading.text),
                Decided::Again => self.again += 1,
                Decided::Typed(keys) => self.typed.extend(keys),
            }
        }
    }
}

fn text(c: char) -> Key {
    match c {
        '\n' | '\t' => Key::End(c.to_string()),
        '<' => Key::Other("<".into()),
        _ => Key::Text(c.to_string()),
    }
}

/// Keys at even intervals, the first at `start`.
fn burst(code: &str, start: u64, gap: u64) -> Vec<(Key, u64)> {
    code.chars().enumerate().map(|(n, c)| (text(c), start + gap * n as u64)).collect()
}

/// The times at which keys come, from the gaps between them.
fn timed(keys: &str, gaps: &[u64]) -> Vec<(Key, u64)> {
    let mut at = 0;
    keys.chars()
        .zip(gaps)
        .map(|(c, gap)| {
            at += gap;
            (text(c), at)
        })
        .collect()
}

#[test]
fn what_a_person_typed_while_the_window_was_busy_is_no_scan_and_a_scan_still_is_one() {
    let busy = || Bench { busy: true, ..Bench::default() };
    // A busy window gets the keys of a whole second within a few milliseconds.
    let typed = busy().run("gas cart".chars().zip(0..).map(|(c, at)| (text(c), at)));
    assert_eq!((typed.typed.as_str(), typed.scans.len()), ("gas cart", 0));
    let scanned = busy().run("7K3Q8\n".chars().zip(0..).map(|(c, at)| (text(c), at)));
    assert_eq!((scanned.typed.as_str(), scanned.scans), ("", vec!["7K3Q8".to_owned()]));
    // One that was busy in the middle of a scan gets the rest of it later.
    let mut scanner = Scanner::default();
    for (c, at, queued) in [('7', 0, false), ('K', 5, false), ('3', 90, true), ('Q', 91, true), ('\n', 92, true)] {
        scanner.press(text(c), Duration::from_millis(at), queued);
    }
    let decided = scanner.decide(Duration::from_millis(93));
    assert!(matches!(&decided[..], [Decided::Scan(scan)] if scan.reading.text == "7K3Q"), "{decided:?}");
}

#[test]
fn a_burst_ended_by_enter_tab_or_silence_is_a_scan_and_reaches_no_field() {
    for ended in ["U1000M\n", "U1000M\t", "U1000M"] {
        let bench = Bench::default().run(burst(ended, 0, 5));
        assert_eq!((bench.scans, bench.typed.as_str()), (vec!["U1000M".to_owned()], ""), "{ended:?}");
    }
}

#[test]
fn what_a_person_types_arrives_whole_and_in_order() {
    let bench = Bench::default().run(burst("hex bolt m3<\n", 0, 83));
    assert_eq!((bench.scans.len(), bench.typed.as_str()), (0, "hex bolt m3<\n"));
}

#[test]
fn two_fingers_at_once_and_enter_are_a_person() {
    let bench = Bench::default().run([(text('o'), 0), (text('k'), 4), (text('\n'), 20)]);
    assert_eq!((bench.scans.len(), bench.typed.as_str()), (0, "ok\n"));
}

#[test]
fn a_scan_amid_typing_takes_nothing_with_it() {
    let mut keys = burst("hex", 0, 90);
    keys.extend(burst("4006381333931\n", 300, 3));
    keys.extend(burst(" nut", 500, 90));
    let bench = Bench::default().run(keys);
    assert_eq!((bench.scans, bench.typed.as_str()), (vec!["4006381333931".to_owned()], "hex nut"));
}

#[test]
fn a_key_that_repeats_while_it_is_held_is_no_scan() {
    let keys = (0..20).map(|n| (Key::Other("x".into()), 500 + 30 * n));
    let bench = Bench::default().run([(text('x'), 0)].into_iter().chain(keys));
    assert_eq!((bench.scans.len(), bench.typed.len()), (0, 21));
}

#[test]
fn the_same_code_within_a_second_is_one_scan() {
    let twice = |again| burst("U1000M\n", 0, 5).into_iter().chain(burst("U1000M\n", again, 5));
    let bench = Bench::default().run(twice(700));
    assert_eq!((bench.scans.len(), bench.again), (1, 1));
    let bench = Bench::default().run(twice(1100));
    assert_eq!((bench.scans.len(), bench.again), (2, 0));
    let other = burst("U1000M\n", 0, 5).into_iter().chain(burst("U1001K\n", 300, 5));
    assert_eq!(Bench::default().run(other).scans, ["U1000M", "U1001K"]);
}

#[test]
fn a_second_or_late_enter_belongs_to_the_scan_and_a_third_does_not() {
    let mut keys = burst("U1000M\n", 0, 5);
    keys.extend([(text('\n'), 40), (text('\n'), 90)]);
    assert_eq!(Bench::default().run(keys).typed, "\n");
    let mut keys = burst("U1000M", 0, 5);
    keys.push((text('\n'), 120));
    let bench = Bench::default().run(keys);
    assert_eq!((bench.scans.len(), bench.typed.as_str()), (1, ""));
}

#[test]
fn a_control_character_within_a_scan_is_data() {
    let mut keys = burst("]d2010400638133393110AB", 0, 5);
    let at = keys.last().expect("some").1;
    keys.push((Key::Control("]".into()), at + 5));
    keys.extend(burst("17270101\n", at + 10, 5));
    let bench = Bench::default().run(keys);
    assert_eq!((bench.scans, bench.typed.as_str()), (vec!["04006381333931".to_owned()], ""));
}

#[test]
fn a_prefix_makes_the_shortest_code_a_scan() {
    let settings = Settings { prefix: "~".into(), ..Settings::default() };
    assert_eq!(Bench::with(settings.clone()).run(burst("~7\n", 0, 5)).scans, ["7"]);
    assert_eq!(Bench::with(settings).run(burst("7\n", 0, 5)).typed, "7\n");
}

#[test]
fn settings_that_cannot_work_are_brought_within_bounds() {
    let settings = Settings { gap_ms: 0, shortest: 0, ..Settings::default() }.within_bounds();
    assert_eq!((settings.gap_ms, settings.shortest), (10, 1));
}

proptest! {
    #[test]
    fn twelve_keys_a_second_are_never_a_scan_and_lose_nothing(
        words in "[a-zA-Z0-9 .,-]{1,60}\n?",
        gaps in prop::collection::vec(40_u64..127, 61),
        rolled in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        // A fast typist: 83 ms on average, some pairs rolled into each other.
        let mut gaps = gaps;
        for (n, at) in rolled.iter().enumerate() {
            let at = at.index(gaps.len() / 4) * 4;
            gaps[at] = 1 + 5 * n as u64;
        }
        let bench = Bench::default().run(timed(&words, &gaps));
        prop_assert_eq!(bench.scans.len(), 0);
        prop_assert_eq!(bench.typed, words);
    }

    #[test]
    fn two_to_twenty_five_milliseconds_a_key_are_always_a_scan(
        code in "[A-Z0-9:/.-]{6,60}",
        end in prop::sample::select(vec!["\n", "\t", ""]),
        gaps in prop::collection::vec(2_u64..=25, 61),
    ) {
        let keys = format!("{code}{end}");
        let bench = Bench::default().run(timed(&keys, &gaps));
        prop_assert_eq!(bench.scans, vec![code]);
        prop_assert_eq!(bench.typed, "");
    }

    #[test]
    fn no_key_is_lost_or_out_of_order_however_they_come(
        words in "[a-z<\n\t]{1,80}",
        gaps in prop::collection::vec(0_u64..200, 81),
    ) {
        // A burst that happens to look like a scan is one; all other keys arrive in their order.
        let settings = Settings { shortest: 20, ..Settings::default() };
        let bench = Bench::with(settings).run(timed(&words, &gaps));
        if bench.scans.is_empty() && bench.again == 0 {
            prop_assert_eq!(bench.typed, words);
        }
    }
}
