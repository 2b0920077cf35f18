//! The columns of the three layouts, in the order of the official header. Their names and aliases are data: `schema/extraction/`.

/// A column of one layout.
pub trait Column: Copy {
    /// Place in the official order, from 0: also the row of the layout's table.
    fn index(self) -> usize;
}

macro_rules! columns {
    ($(#[$doc:meta])* $name:ident { $($variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
        }

        impl Column for $name {
            fn index(self) -> usize {
                self as usize
            }
        }
    };
}

columns!(
    /// Personne_activite: 56 columns, of which the last 8 came later.
    ActivityColumn {
        IdType, IdValue, NationalId, ExerciseCivility, ExerciseCivilityLabel, Civility, CivilityLabel, Family, Given, Profession,
        ProfessionLabel, Category, CategoryLabel, ExpertiseKind, ExpertiseKindLabel, Expertise, ExpertiseLabel, Mode, ModeLabel,
        Siret, Siren, Finess, FinessEj, StructureId, Name, TradeName, Recipient, Geographic, Number, Repetition, StreetType,
        StreetTypeLabel, Street, Distribution, LastLine, PostalCode, Insee, City, CountryCode, Country, Phone, Phone2, Fax, Email,
        Department, DepartmentLabel, LegacyId, Authority, Sector, SectorLabel, Section, SectionLabel, Role, RoleLabel, Genre,
        GenreLabel,
    }
);

columns!(
    /// SavoirFaire: 13 columns.
    ExpertiseColumn {
        IdType, IdValue, NationalId, Family, Given, Profession, ProfessionLabel, Category, CategoryLabel, ExpertiseKind,
        ExpertiseKindLabel, Expertise, ExpertiseLabel,
    }
);

columns!(
    /// Mailbox extraction: 31 columns.
    MailboxColumn {
        Kind, Address, IdType, IdValue, NationalId, StructureIdType, StructureId, Service, ExerciseCivility, Family, Given, Category,
        CategoryLabel, Profession, ProfessionLabel, Expertise, ExpertiseLabel, ZeroPapier, Name, TradeName, Recipient, Geographic,
        Number, Repetition, StreetType, Street, Distribution, LastLine, PostalCode, Department, Country,
    }
);
