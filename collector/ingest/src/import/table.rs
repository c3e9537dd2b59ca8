//! A table in a file: from bytes as they come to records, whatever their encoding and separator; only one record is in memory.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Of so many bytes at the beginning, encoding and separator are found out.
const HEAD_BYTES: usize = 65_536;
/// Most columns.
pub const COLUMNS: usize = 200;
/// Longest record, in bytes of UTF-8: a quote that is not closed ends here.
pub const RECORD_BYTES: usize = 262_144;
/// What may stand between cells; the first where nothing tells.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How spreadsheets say what stands between cells, in a line before the others.
const SAYS_SEPARATOR: &str = "sep=";
/// In place of bytes that are not of the encoding.
pub const NOT_OF_ENCODING: char = '\u{fffd}';

/// In which encoding a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Written {
    /// What its first bytes tell: a byte-order mark, zeros at every other place, or whether they are UTF-8.
    #[default]
    Unsaid,
    /// UTF-8.
    Utf8,
    /// UTF-16; little-endian where no byte-order mark says otherwise.
    Utf16,
    /// Windows-1252, of which ISO 8859-1 is a part.
    Windows1252,
}

impl Written {
    /// That of a name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "" | "auto" => Some(Self::Unsaid),
            "utf-8" => Some(Self::Utf8),
            "utf-16" => Some(Self::Utf16),
            "windows-1252" => Some(Self::Windows1252),
            _ => None,
        }
    }

    fn encoding(self, head: &[u8]) -> &'static Encoding {
        match self {
            Self::Utf8 => UTF_8,
            Self::Windows1252 => WINDOWS_1252,
            Self::Utf16 => Encoding::for_bom(head).map_or(UTF_16LE, |(encoding, _)| encoding),
            Self::Unsaid => found_out(head),
        }
    }
}

fn found_out(head: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return encoding;
    }
    // Of letters that Europe uses, one byte of two is zero.
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    for (from, encoding) in [(1, UTF_16LE), (0, UTF_16BE)] {
        if zeros(from) * 4 > head.len() {
            return encoding;
        }
    }
    match std::str::from_utf8(head) {
        Ok(_) => UTF_8,
        // The last character may go on beyond the head.
        Err(error) if error.error_len().is_none() => UTF_8,
        Err(_) => WINDOWS_1252,
    }
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The line of the file in which it begins, from 1.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<String>,
}

/// Why a file is not read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// In the record that begins in this line.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// A table that is being read.
pub struct Table {
    written: Written,
    separator: Option<u8>,
    head: Vec<u8>,
    reading: Option<Reading>,
}

/// Once encoding and separator are known.
struct Reading {
    decoder: Decoder,
    reader: Reader,
    cells: Vec<u8>,
    ends: Vec<usize>,
    wrote: usize,
    ended: usize,
    /// Ends of lines that were read.
    lines: u64,
}

impl Table {
    /// One in that encoding, with that between its cells; found out where it is `None`.
    pub fn new(written: Written, separator: Option<u8>) -> Self {
        Self { written, separator, head: Vec::new(), reading: None }
    }

    /// Takes the next bytes; the records that end in them.
    ///
    /// # Errors
    /// Where a record is too long or too wide.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Record>, Broken> {
        if let Some(reading) = &mut self.reading {
            return reading.push(bytes, false);
        }
        self.head.extend_from_slice(bytes);
        if self.head.len() < HEAD_BYTES { Ok(Vec::new()) } else { self.begin(false) }
    }

    /// The records that are left, at the end of the file.
    ///
    /// # Errors
    /// As of [`Self::push`].
    pub fn end(mut self) -> Result<Vec<Record>, Broken> {
        match &mut self.reading {
            Some(reading) => reading.push(&[], true),
            None => self.begin(true),
        }
    }

    fn begin(&mut self, is_end: bool) -> Result<Vec<Record>, Broken> {
        let head = std::mem::take(&mut self.head);
        let mut decoder = self.written.encoding(&head).new_decoder_with_bom_removal();
        let text = decoded(&mut decoder, &head, is_end);
        let (said, text) = said_separator(&text);
        let separator = self.separator.or(said).unwrap_or_else(|| likely_separator(text));
        let reading = self.reading.insert(Reading {
            decoder,
            reader: ReaderBuilder::new().delimiter(separator).build(),
            cells: vec![0; 4_096],
            ends: vec![0; 32],
            wrote: 0,
            ended: 0,
            lines: u64::from(said.is_some()),
        });
        reading.read(text.as_bytes(), is_end)
    }
}

/// What stands between cells where the first line says so, and the text after it.
fn said_separator(text: &str) -> (Option<u8>, &str) {
    let Some(rest) = text.strip_prefix(SAYS_SEPARATOR) else { return (None, text) };
    match (rest.bytes().next(), rest.find('\n')) {
        (Some(separator), Some(at)) if separator.is_ascii() && at <= 2 => (Some(separator), &rest[at + 1..]),
        _ => (None, text),
    }
}

/// What stands most often between the cells of the first line, beside quotes.
fn likely_separator(text: &str) -> u8 {
    let mut counts = [0_usize; SEPARATORS.len()];
    let mut is_quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            _ if is_quoted => {}
            _ => {
                if let Some(place) = SEPARATORS.iter().position(|separator| *separator == byte) {
                    counts[place] += 1;
                }
            }
        }
    }
    let most = (0..SEPARATORS.len()).rev().max_by_key(|place| counts[*place]).unwrap_or(0);
    SEPARATORS[most]
}

fn decoded(decoder: &mut Decoder, bytes: &[u8], is_end: bool) -> String {
    let most = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16);
    let mut text = String::with_capacity(most);
    // There is room for all of it.
    let _ = decoder.decode_to_string(bytes, &mut text, is_end);
    text
}

impl Reading {
    fn push(&mut self, bytes: &[u8], is_end: bool) -> Result<Vec<Record>, Broken> {
        let text = decoded(&mut self.decoder, bytes, is_end);
        self.read(text.as_bytes(), is_end)
    }

    fn read(&mut self, mut input: &[u8], is_end: bool) -> Result<Vec<Record>, Broken> {
        let mut records = Vec::new();
        // An empty input says that the file has ended.
        while !input.is_empty() || is_end {
            let (result, read, wrote, ended) =
                self.reader.read_record(input, &mut self.cells[self.wrote..], &mut self.ends[self.ended..]);
            self.lines += input[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
            let has_line_ended = input[..read].last() == Some(&b'\n');
            input = &input[read..];
            self.wrote += wrote;
            self.ended += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::End => break,
                ReadRecordResult::Record => records.push(self.record(has_line_ended)),
                ReadRecordResult::OutputFull if self.cells.len() < RECORD_BYTES => {
                    self.cells.resize(self.cells.len() * 2, 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < COLUMNS => {
                    self.ends.resize((self.ends.len() * 2).min(COLUMNS), 0);
                }
                ReadRecordResult::OutputFull => {
                    let reason =
                        format!("is longer than {RECORD_BYTES} bytes: a quotation mark may be open that is not closed");
                    return Err(Broken { line: self.begun_in(false), reason });
                }
                ReadRecordResult::OutputEndsFull => {
                    let reason = format!("has more than {COLUMNS} columns");
                    return Err(Broken { line: self.begun_in(false), reason });
                }
            }
        }
        Ok(records)
    }

    /// The line in which the record begins that was read up to here; with `has_line_ended`, its end was read.
    fn begun_in(&self, has_line_ended: bool) -> u64 {
        let inside = self.cells[..self.wrote].iter().filter(|byte| **byte == b'\n').count() as u64;
        (self.lines + 1).saturating_sub(inside + u64::from(has_line_ended))
    }

    fn record(&mut self, has_line_ended: bool) -> Record {
        let line = self.begun_in(has_line_ended);
        let mut from = 0;
        let cell = |end: &usize| {
            let cell = String::from_utf8_lossy(&self.cells[from..*end]).into_owned();
            from = *end;
            cell
        };
        let cells = self.ends[..self.ended].iter().map(cell).collect();
        (self.wrote, self.ended) = (0, 0);
        Record { line, cells }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_in(bytes: &[u8], piece: usize, written: Written) -> Result<Vec<Record>, Broken> {
        let mut table = Table::new(written, None);
        let mut records = Vec::new();
        for piece in bytes.chunks(piece) {
            records.extend(table.push(piece)?);
        }
        records.extend(table.end()?);
        Ok(records)
    }

    fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
        read_in(bytes, 7, Written::Unsaid).unwrap().into_iter().map(|record| record.cells).collect()
    }

    fn utf_16(text: &str, is_big: bool) -> Vec<u8> {
        let bytes = |unit: u16| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn names_with_umlauts_of_an_old_spreadsheet_were_garbled() {
        let text = "id;name\n1;Jürgen Groß\n";
        let expected = [["id", "name"], ["1", "Jürgen Groß"]];
        let windows: Vec<u8> = WINDOWS_1252.encode(text).0.into_owned();
        let marked = [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat();
        let little = utf_16(&format!("\u{feff}{text}"), false);
        let big = utf_16(&format!("\u{feff}{text}"), true);
        for (name, bytes) in [
            ("UTF-8", text.as_bytes().to_vec()),
            ("UTF-8 with a mark", marked),
            ("Windows-1252", windows.clone()),
            ("UTF-16", little),
            ("UTF-16, big-endian", big),
            ("UTF-16 without a mark", utf_16(text, false)),
            ("UTF-16, big-endian, without a mark", utf_16(text, true)),
        ] {
            assert_eq!(cells(&bytes), expected, "{name}");
        }
        let wrong = read_in(&windows, 9, Written::Utf8).unwrap();
        assert!(wrong[1].cells[1].contains(NOT_OF_ENCODING));
        assert_eq!(read_in(&windows, 9, Written::Windows1252).unwrap()[1].cells[1], "Jürgen Groß");
    }

    #[test]
    fn a_quoted_line_break_or_separator_split_a_customer_in_two() {
        for separator in [",", ";", "\t", "|"] {
            let text = format!("id{separator}name\n1{separator}\"a\n\"\"b\"\" , ; | c\"\n");
            assert_eq!(cells(text.as_bytes()), [["id", "name"], ["1", "a\n\"b\" , ; | c"]], "{separator:?}");
        }
        assert_eq!(cells(b"sep=;\r\nid,x;name\r\n1;b"), [["id,x", "name"], ["1", "b"]]);
        assert_eq!(cells(b"\"a;b\",c\n"), [["a;b", "c"]], "what is quoted tells nothing");
        assert_eq!(cells(b"id\n1\n"), [["id"], ["1"]]);
        assert_eq!(cells(b""), Vec::<Vec<String>>::new());
        assert_eq!(cells(b"=1+1,@x\n"), [["=1+1", "@x"]], "a formula is a text");
    }

    #[test]
    fn a_line_at_fault_was_told_by_the_wrong_number() {
        for end in ["\n", "\r\n"] {
            let text = "id,name\n1,a\n\n\n2,\"b\nb\"\n3,c".replace('\n', end);
            for piece in [1, 2, 5, 1_000] {
                let records = read_in(text.as_bytes(), piece, Written::Unsaid).unwrap();
                let lines: Vec<_> = records.iter().map(|record| record.line).collect();
                assert_eq!(lines, [1, 2, 5, 7], "{end:?} by {piece}");
            }
        }
    }

    #[test]
    fn a_quote_that_is_not_closed_took_the_whole_file_into_memory() {
        let open = format!("id,name\n1,\"{}", "x,y\n".repeat(200_000));
        let broken = read_in(open.as_bytes(), 8_192, Written::Unsaid).unwrap_err();
        assert_eq!((broken.line, broken.reason.contains("not closed")), (2, true));
        let wide = format!("{}\n", ",".repeat(COLUMNS));
        assert!(read_in(wide.as_bytes(), 64, Written::Unsaid).unwrap_err().reason.contains("columns"));
        assert_eq!(cells(format!("{}\n", ",".repeat(COLUMNS - 1)).as_bytes())[0].len(), COLUMNS);
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_however_it_arrives(
            rows in prop::collection::vec(prop::collection::vec("[ -~äß\n\"]{1,9}", 2..5), 1..20), piece in 1_usize..50,
        ) {
            let line = |row: &Vec<String>| {
                let cells: Vec<_> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
                cells.join(",") + "\n"
            };
            let text: String = rows.iter().map(line).collect();
            let read = read_in(text.as_bytes(), piece, Written::Utf8).unwrap();
            let read: Vec<_> = read.into_iter().map(|record| record.cells).collect();
            prop_assert_eq!(read, rows);
        }
    }
}
