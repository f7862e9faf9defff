//! Made-up things of a storeroom: the same for the same seed, on every machine.

use uuid::Builder;

use crate::domain::{ItemDraft, ItemId, ItemKind, Quantity};
use crate::services::bulk::BulkItem;

/// Names, what they are for, tag, and whether they are counted.
const THINGS: &[(&str, &str, &str, bool)] = &[
    ("Cordless drill", "Drills and drives screws into wood, metal and masonry", "tools", false),
    ("Hammer drill", "For holes in concrete and brick", "tools", false),
    ("Circular saw", "Cuts boards and panels along a straight line", "tools", false),
    ("Jigsaw", "Cuts curves in thin wood and plastic", "tools", false),
    ("Angle grinder", "Cuts and grinds metal and stone", "tools", false),
    ("Orbital sander", "Smooths wood before painting", "tools", false),
    ("Claw hammer", "Drives and pulls nails", "hand tools", false),
    ("Rubber mallet", "Knocks without leaving marks", "hand tools", false),
    ("Screwdriver", "Turns screws", "hand tools", false),
    ("Combination pliers", "Grips, bends and cuts wire", "hand tools", false),
    ("Side cutter", "Cuts cable and soft wire", "hand tools", false),
    ("Adjustable spanner", "Turns nuts of any size", "hand tools", false),
    ("Socket wrench", "Tightens bolts with a ratchet", "hand tools", false),
    ("Hex key", "For socket head screws", "hand tools", false),
    ("Spirit level", "Shows what is level and what is upright", "hand tools", false),
    ("Tape measure", "Measures lengths", "hand tools", false),
    ("Utility knife", "Cuts cardboard, carpet and foil", "hand tools", false),
    ("Wood chisel", "Cuts joints in timber", "hand tools", false),
    ("Hand saw", "Cuts timber without power", "hand tools", false),
    ("Machine screw", "With metric thread", "fasteners", true),
    ("Wood screw", "Countersunk, for soft and hard wood", "fasteners", true),
    ("Hex bolt", "Joins steel parts", "fasteners", true),
    ("Washer", "Spreads the load under a nut", "fasteners", true),
    ("Lock nut", "Does not come loose by vibration", "fasteners", true),
    ("Wall plug", "Holds screws in masonry", "fasteners", true),
    ("Cable tie", "Bundles wires and hoses", "electrical", true),
    ("Extension lead", "Brings mains power further", "electrical", false),
    ("Power strip", "Several sockets from one", "electrical", false),
    ("Fuse", "Protects a circuit against overload", "electrical", true),
    ("Terminal block", "Connects conductors", "electrical", true),
    ("LED lamp", "Replaces a light bulb", "lighting", true),
    ("Work light", "Lights up a building site", "lighting", false),
    ("Torch", "Light for dark corners", "lighting", false),
    ("Head torch", "Keeps both hands free in the dark", "lighting", false),
    ("Battery", "Single-use cell for small devices", "electrical", true),
    ("Battery charger", "Charges packs of power tools", "electrical", false),
    ("Multimeter", "Measures voltage, current and resistance", "measuring", false),
    ("Caliper", "Measures diameters to a tenth", "measuring", false),
    ("Network cable", "Connects computers to a switch", "network", true),
    ("Network switch", "Connects several computers", "network", false),
    ("Wireless router", "Makes a wireless network", "network", false),
    ("USB stick", "Carries files from one computer to another", "computer", false),
    ("External disk", "Keeps backups", "computer", false),
    ("Keyboard", "For typing", "computer", false),
    ("Computer mouse", "Points at things on a screen", "computer", false),
    ("Monitor", "Screen for a desk", "computer", false),
    ("Laptop", "Portable computer", "computer", false),
    ("Projector", "Shows pictures on a wall", "media", false),
    ("Loudspeaker", "Makes sound heard in a hall", "media", false),
    ("Microphone", "Picks up speech and song", "media", false),
    ("Camera", "Takes photographs and films", "media", false),
    ("Tripod", "Keeps a camera still", "media", false),
    ("Printer", "Prints documents", "office", false),
    ("Toner cartridge", "Black powder for laser printers", "office", true),
    ("Copy paper", "White sheets for printing and copying", "office", true),
    ("Ballpoint pen", "For writing", "office", true),
    ("Marker pen", "Writes on boxes and film", "office", true),
    ("Stapler", "Joins sheets", "office", false),
    ("Packing tape", "Closes boxes", "packing", true),
    ("Cardboard box", "For moving and posting", "packing", true),
    ("Bubble wrap", "Protects what breaks easily", "packing", true),
    ("Tent", "Shelter for the night outdoors", "camping", false),
    ("Tarpaulin", "Waterproof sheet that keeps the rain off", "camping", false),
    ("Sleeping bag", "Keeps warm at night outdoors", "camping", false),
    ("Camping stove", "Cooks without a kitchen", "camping", false),
    ("Cool box", "Keeps food and drink cold", "camping", false),
    ("Water canister", "Carries drinking water", "camping", false),
    ("Folding table", "Table for outdoors and events", "furniture", false),
    ("Folding chair", "Seat for outdoors and events", "furniture", false),
    ("Bench set", "Table and two benches for celebrations", "furniture", false),
    ("Bicycle pump", "Puts air into tyres", "bicycle", false),
    ("Inner tube", "Spare for a punctured tyre", "bicycle", true),
    ("Bicycle lock", "Against thieves", "bicycle", false),
    ("Rope", "Ties down loads", "transport", false),
    ("Ratchet strap", "Holds loads on a trailer", "transport", false),
    ("Hand truck", "Moves heavy boxes", "transport", false),
    ("Ladder", "Reaches what is high up", "building", false),
    ("Scaffold board", "To stand on while building", "building", true),
    ("Paint brush", "For edges and small surfaces", "painting", true),
    ("Paint roller", "For walls and ceilings", "painting", true),
    ("Wall paint", "White emulsion for inside", "painting", true),
    ("Wood varnish", "Protects furniture and floors", "painting", true),
    ("Spray paint", "For small repairs in colour", "painting", true),
    ("Masking tape", "Keeps edges clean while painting", "painting", true),
    ("Sandpaper", "Smooths wood and paint", "painting", true),
    ("Wood glue", "Joins timber", "adhesives", true),
    ("Super glue", "Repairs ceramic and plastic in seconds", "adhesives", true),
    ("Silicone sealant", "Seals joints in bathrooms", "adhesives", true),
    ("Work glove", "Protects the hands", "safety", true),
    ("Safety goggles", "Protect the eyes from splinters", "safety", true),
    ("Ear defenders", "Protect the hearing", "safety", false),
    ("Dust mask", "Keeps fine dust out of the lungs", "safety", true),
    ("Safety helmet", "Protects the head on a building site", "safety", false),
    ("First aid kit", "Bandages and plasters for accidents", "safety", false),
    ("Fire extinguisher", "Puts out small fires", "safety", false),
    ("Vacuum cleaner", "Takes up dust and water", "cleaning", false),
    ("Broom", "Sweeps floors", "cleaning", false),
    ("Bucket", "Carries water and mortar", "cleaning", false),
    ("Cleaning cloth", "Wipes surfaces", "cleaning", true),
    ("Glass cleaner", "For windows and mirrors", "cleaning", true),
    ("Lawn mower", "Cuts grass", "garden", false),
    ("Hedge trimmer", "Cuts bushes", "garden", false),
    ("Garden hose", "Waters beds and lawns", "garden", false),
    ("Spade", "Digs the ground", "garden", false),
    ("Rake", "Gathers leaves", "garden", false),
    ("Wheelbarrow", "Moves earth and sand", "garden", false),
    ("Snow shovel", "Clears paths in winter", "winter", false),
    ("Road salt", "Against ice on steps and paths", "winter", true),
    ("Coffee machine", "Makes coffee for many", "kitchen", false),
    ("Kettle", "Boils water", "kitchen", false),
    ("Cooking pot", "For soup for twenty", "kitchen", false),
    ("Plate", "Crockery for events", "kitchen", true),
    ("Drinking glass", "Glassware for events", "kitchen", true),
    ("Table cloth", "Covers long tables", "kitchen", true),
    ("Bunting", "Colourful flags on a string", "decoration", false),
    ("String lights", "Warm light for gardens and halls", "decoration", false),
    ("Board game", "For rainy afternoons", "leisure", false),
    ("Football", "For the pitch", "sport", false),
    ("Table tennis bat", "For a quick game", "sport", false),
    ("Pipe fitting", "Joins copper pipes", "plumbing", true),
    ("Tap", "Lets water into a sink", "plumbing", false),
    ("Drain plunger", "Frees blocked drains", "plumbing", false),
    ("Kabelbinder", "Für Kabel und Schläuche", "Elektro", true),
    ("Holzschraube", "Senkkopf, für weiches und hartes Holz", "Befestigung", true),
    ("Verlängerungskabel", "Bringt Strom in den Garten", "Elektro", false),
    ("Wasserwaage", "Zeigt, was gerade ist", "Werkzeug", false),
    ("Akkuschrauber", "Schraubt und bohrt ohne Kabel", "Werkzeug", false),
];

const MAKERS: &[&str] = &[
    "Arvid",
    "Belmont",
    "Corvo",
    "Dahl",
    "Elmwerk",
    "Fenix",
    "Gruber",
    "Hanse",
    "Isar",
    "Jura",
    "Kestrel",
    "Lindt & Co",
    "Merk",
    "Norbo",
    "Orion",
    "Pallas",
    "Quint",
    "Rhino",
    "Stahl",
    "Tauber",
    "Ulmer",
    "Vesta",
    "Wexford",
    "Zephyr",
];
const COLOURS: &[&str] = &["black", "white", "red", "blue", "green", "grey", "yellow", "orange", "brown", "silver"];
const MATERIALS: &[&str] =
    &["steel", "stainless", "brass", "aluminium", "plastic", "rubber", "oak", "nylon", "cotton", "zinc plated"];
const USES: &[&str] = &[
    "for the workshop",
    "for the youth group",
    "for summer camp",
    "for the stage",
    "for the kitchen team",
    "for the caretaker",
    "for events",
    "as a spare",
    "for beginners",
    "for heavy duty",
];
const NOTES: &[&str] = &[
    "Handle is a little worn.",
    "Check before lending.",
    "Bought second-hand.",
    "Keep dry.",
    "Donated in spring.",
    "Return clean, please.",
    "One part was replaced.",
    "Manual is in the office.",
    "Works best when warm.",
    "",
];
const ROOMS: &[&str] = &["Workshop", "Garage", "Basement", "Attic", "Hall", "Kitchen store", "Office", "Shed"];

/// Sebastiano Vigna's splitmix64: small, and the same everywhere for ever.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, sides: usize) -> usize {
        (self.next() % sides.max(1) as u64) as usize
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    fn id(&mut self) -> ItemId {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.next().to_be_bytes());
        bytes[8..].copy_from_slice(&self.next().to_be_bytes());
        ItemId(Builder::from_random_bytes(bytes).into_uuid())
    }
}

/// So many items, places included: about one place for forty things, four levels deep.
pub fn make(items: usize, seed: u64) -> Vec<BulkItem> {
    let mut dice = Dice(seed);
    let mut made = places((items / 40).max(4).min(items), &mut dice);
    let holders: Vec<ItemId> = made.iter().map(|place| place.id).collect();
    while made.len() < items {
        let number = made.len();
        made.push(thing(number, &holders, &mut dice));
    }
    made
}

fn places(count: usize, dice: &mut Dice) -> Vec<BulkItem> {
    let mut made: Vec<BulkItem> = Vec::new();
    for number in 0..count {
        let (kind, name, parent) = match number {
            0 => (ItemKind::Location, "Community centre".to_owned(), None),
            _ if number <= ROOMS.len() => (ItemKind::Location, ROOMS[number - 1].to_owned(), Some(0)),
            _ => {
                let parent = 1 + dice.below(number - 1);
                let inside_box = made[parent].draft.kind == ItemKind::Container;
                if inside_box || dice.below(3) == 0 {
                    let name = format!("{} box {number}", capital(dice.one(COLOURS)));
                    // A box stands on the shelf of the box it would have been put into.
                    let parent = if inside_box { 1 + dice.below(ROOMS.len().min(number - 1)) } else { parent };
                    (ItemKind::Container, name, Some(parent))
                } else {
                    (ItemKind::Location, format!("Shelf {number}"), Some(parent))
                }
            }
        };
        let stock = parent.map(|parent| (made[parent].id, Quantity::from(1))).into_iter().collect();
        made.push(BulkItem { id: dice.id(), draft: ItemDraft::new(kind, name), codes: Vec::new(), stock });
    }
    made
}

fn thing(number: usize, holders: &[ItemId], dice: &mut Dice) -> BulkItem {
    let (name, purpose, tag, counted) = THINGS[dice.below(THINGS.len())];
    let maker = dice.one(MAKERS);
    let (colour, material) = (dice.one(COLOURS), dice.one(MATERIALS));
    let model = format!("{}{}-{}", &maker[..1], char::from(b'A' + dice.below(26) as u8), 100 + dice.below(9900));
    let size = size(dice);
    let kind = if counted { ItemKind::Consumable } else { ItemKind::Asset };
    let full_name = match dice.below(4) {
        0 => format!("{name} {size}, {colour}"),
        1 => format!("{maker} {} {model}", name.to_lowercase()),
        2 => format!("{name} {size} {material}"),
        _ => format!("{name}, {maker} {size}"),
    };
    let mut draft = ItemDraft::new(kind, full_name);
    draft.description = format!("{purpose}. {}, {colour}, {}.", capital(material), dice.one(USES));
    dice.one(NOTES).clone_into(&mut draft.notes);
    draft.tags = vec![tag.to_owned()];
    if dice.below(3) == 0 {
        draft.tags.push(colour.to_owned());
    }
    draft.manufacturer = Some(maker.to_owned());
    draft.model = Some(model);
    let quantity = if counted { 1 + dice.below(200) as u32 } else { 1 };
    if counted {
        draft.unit = Some("pcs".into());
        draft.min_quantity = (dice.below(4) == 0).then(|| (5 + dice.below(60) as u32).into());
    } else {
        draft.serial_number = Some(format!("{:08X}", dice.next() >> 32));
    }
    let codes = if dice.below(2) == 0 { vec![gtin(dice)] } else { vec![format!("INV{number:07}")] };
    let stock = vec![(holders[dice.below(holders.len())], Quantity::from(quantity))];
    BulkItem { id: dice.id(), draft, codes, stock }
}

fn size(dice: &mut Dice) -> String {
    match dice.below(5) {
        0 => format!("{} mm", 2 + dice.below(120)),
        1 => format!("{} cm", 5 + dice.below(150)),
        2 => format!("M{} x {}", 2 + dice.below(14), 5 * (1 + dice.below(20))),
        3 => format!("{} V", [9, 12, 18, 24, 36, 230][dice.below(6)]),
        _ => format!("{} l", 1 + dice.below(40)),
    }
}

/// A valid EAN-13 in the range for use within a company.
fn gtin(dice: &mut Dice) -> String {
    let digits = format!("20{:010}", dice.next() % 10_000_000_000);
    let sum: u32 = digits.bytes().enumerate().map(|(n, b)| u32::from(b - b'0') * if n % 2 == 0 { 1 } else { 3 }).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_inventory() {
        assert_eq!(make(300, 7), make(300, 7));
        assert_ne!(make(300, 7), make(300, 8));
    }

    #[test]
    fn holders_come_before_what_they_hold() {
        let made = make(2000, 1);
        assert_eq!(made.len(), 2000);
        for (n, item) in made.iter().enumerate() {
            for (holder, _) in &item.stock {
                let at = made.iter().position(|other| other.id == *holder).expect("made");
                assert!(at < n && matches!(made[at].draft.kind, ItemKind::Location | ItemKind::Container));
                let boxed = made[at].draft.kind == ItemKind::Container;
                assert!(!(boxed && item.draft.kind == ItemKind::Location), "a location in a box");
            }
        }
    }

    #[test]
    fn barcodes_are_valid() {
        let made = make(200, 3);
        let codes: Vec<_> = made.iter().flat_map(|item| &item.codes).filter(|code| code.len() == 13).collect();
        assert!(!codes.is_empty() && codes.iter().all(|code| crate::domain::code::gtin14(code).is_some()));
    }
}
